#include "tests/bench/confined.hpp"

#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <utility>

// The daemon gets what its unit would give it, without systemd: a cgroup with the memory limit, the
// number of descriptors, and a notification socket with a watchdog. In a cgroup v2 MemoryHigh=
// would slow it down earlier; it is left out, so that both kinds of cgroups give the same figures.

namespace cfgd::bench {
namespace {

std::size_t number_of(std::string_view unit, std::string_view name) {
  auto const line = fmt::format("\n{}=", name);
  auto const at = unit.find(line);
  if (at == unit.npos) throw std::runtime_error(fmt::format("the unit has no {}=", name));
  return std::stoul(std::string(unit.substr(at + line.size(), 20)));
}

std::size_t content_of(std::filesystem::path const& file, std::string_view after = "") {
  std::ifstream in(file);
  std::string word;
  while (!after.empty() && in >> word && word != after) {
  }
  std::size_t number = 0;
  in >> number;
  return number;
}

/// Whether the kernel has taken it.
bool put(std::filesystem::path const& file, std::string_view text) {
  std::ofstream out(file);
  return static_cast<bool>(out << text << std::flush);
}

} // namespace

unit_limits limits_of_unit() {
  auto const unit = test::read_file(CFGD_UNIT);
  constexpr std::size_t mebibyte = 1024 * 1024; // the unit has M and s
  return {.memory_bytes = number_of(unit, "MemoryMax") * mebibyte,
          .descriptors = number_of(unit, "LimitNOFILE"),
          .watchdog = std::chrono::seconds(number_of(unit, "WatchdogSec"))};
}

memory_cgroup::memory_cgroup(std::size_t most_bytes) {
  std::filesystem::path const root = "/sys/fs/cgroup";
  is_unified_ = std::filesystem::exists(root / "cgroup.controllers");
  path_ = (is_unified_ ? root : root / "memory") / fmt::format("cfgd-bench-{}", ::getpid());
  std::error_code failed;
  std::filesystem::create_directory(path_, failed);
  if (!failed && put(path_ / (is_unified_ ? "memory.max" : "memory.limit_in_bytes"),
                     std::to_string(most_bytes)))
    return;
  std::filesystem::remove(path_, failed);
  throw std::runtime_error("--memory-limit: no cgroup for memory can be made at " + path_.string() +
                           " (it takes root and the memory controller); without this option the "
                           "daemon is measured without a limit");
}

memory_cgroup::~memory_cgroup() { ::rmdir(path_.c_str()); }

std::vector<std::string> memory_cgroup::command(std::size_t descriptors) const {
  return {"/bin/sh", "-c",
          fmt::format("echo $$ > {}/cgroup.procs && ulimit -n {} && exec \"$@\"", path_.string(),
                      descriptors),
          "sh"};
}

std::size_t memory_cgroup::take_peak() {
  auto const file = path_ / (is_unified_ ? "memory.peak" : "memory.max_usage_in_bytes");
  auto const peak = content_of(file);
  put(file, "0"); // memory.peak is of the whole life until Linux 6.12
  return peak;
}

std::size_t memory_cgroup::times_at_limit() const {
  if (is_unified_) return content_of(path_ / "memory.events", "max");
  return content_of(path_ / "memory.failcnt");
}

watchdog_listener::watchdog_listener(std::filesystem::path socket, std::chrono::microseconds period)
    : receiver_(std::move(socket)) {
  ::setenv("NOTIFY_SOCKET", receiver_.path().c_str(), 1);
  ::setenv("WATCHDOG_USEC", std::to_string(period.count()).c_str(), 1);
}

watchdog_listener::~watchdog_listener() {
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("WATCHDOG_USEC");
}

void watchdog_listener::look() {
  while (auto const text = receiver_.take()) {
    if (text->find("WATCHDOG=1") == text->npos) continue;
    auto const now = clock::now();
    ++seen_.beats;
    seen_.longest =
        std::max(seen_.longest, std::chrono::duration_cast<std::chrono::milliseconds>(now - last_));
    last_ = now;
  }
}

watchdog_listener::seen watchdog_listener::take() {
  look();
  auto out = std::exchange(seen_, {});
  out.longest = std::max(
      out.longest, std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - last_));
  return out;
}

} // namespace cfgd::bench
