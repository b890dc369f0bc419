#include "core/log.hpp"
#include "core/unique_fd.hpp"
#include "daemon/metrics/service_metrics.hpp"
#include "daemon/version.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

// What any process has. /proc/self is there in the sandbox (ProcSubset=pid), and reading it asks
// no disk, so the loop does it.

namespace cfgd::metrics {
namespace {

/// Bytes of the process that are in memory: the second number of statm, in pages (proc(5)).
std::optional<std::uint64_t> resident_bytes() {
  unique_fd const file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::array<char, 128> buffer{};
  auto const count = ::read(file.get(), buffer.data(), buffer.size());
  if (count <= 0) return std::nullopt;
  std::string_view text(buffer.data(), static_cast<std::size_t>(count));
  text.remove_prefix(std::min(text.find(' ') + 1, text.size()));
  std::uint64_t pages = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), pages);
  if (ec != std::errc{}) return std::nullopt;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void add_log(registry& to) {
  to.add({.name = "cfgd_log_lines", .what = type::counter, .help = "Lines of the log by level."},
         [](sampler& into) {
           for (auto const& [level, lines] : log::figures().written)
             into.value(lines, {{"level", log::to_string(level)}});
         });
  to.add({.name = "cfgd_log_lines_suppressed",
          .what = type::counter,
          .help = "Lines that were left out because there were too many like them."},
         [](sampler& into) { into.value(log::figures().suppressed); });
  to.add({.name = "cfgd_log_lines_lost",
          .what = type::counter,
          .help = "Lines that the journal did not take."},
         [](sampler& into) { into.value(log::figures().lost); });
}

} // namespace

void add_process_metrics(registry& to, service_parts const& from) {
  to.add({.name = "cfgd_loop_lag_seconds",
          .what = type::histogram,
          .unit = "seconds",
          .help = "How late the loop came to a timer, once a second."},
         [&lag = from.loop_lag](sampler& into) { into.value(lag); });
  to.add({.name = "cfgd_resident_memory_bytes",
          .unit = "bytes",
          .help = "Memory of the process that is in use."},
         [](sampler& into) {
           if (auto const bytes = resident_bytes()) into.value(*bytes);
         });
  add_log(to);
  to.add({.name = "cfgd_ready", .help = "1 when every source was read once, else 0."},
         [ready = from.ready](sampler& into) { into.value(std::uint64_t{ready() ? 1U : 0U}); });
  to.add({.name = "cfgd_start_time_seconds",
          .unit = "seconds",
          .help = "When the service was started, in seconds since 1970."},
         [started = from.started](sampler& into) {
           into.value(std::chrono::duration<double>(started.time_since_epoch()).count());
         });
  to.add({.name = "cfgd_build_info", .help = "1, with the version."}, [](sampler& into) {
    into.value(std::uint64_t{1}, {{"version", version}});
  });
}

} // namespace cfgd::metrics
