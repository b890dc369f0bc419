#include "daemon/health/system_checks.hpp"
#include "daemon/small_file.hpp"

#include <boost/json/value.hpp>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

// Three measures: the use of the lowest limit of the own cgroup and those above it, the use of the
// machine's memory, and tasks that wait for memory (PSI). A service with ProcSubset=pid sees
// neither /proc/meminfo nor /proc/pressure, but the files of its cgroup.

namespace cfgd::health {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_file_bytes = std::size_t{1024} * 1024;
constexpr std::uint64_t no_limit = std::numeric_limits<std::int64_t>::max() / 2;

std::optional<std::string> read_text(fs::path const& file) {
  auto text = read_small_file(file, most_file_bytes);
  return text ? std::optional(*std::move(text)) : std::nullopt;
}

std::optional<std::uint64_t> number_at(std::string_view text) {
  auto const begin = text.find_first_of("0123456789");
  if (begin == text.npos) return std::nullopt;
  std::uint64_t number = 0;
  auto const digits = text.substr(begin);
  if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc())
    return std::nullopt;
  return number;
}

/// The number behind "NAME:" or "NAME=".
std::optional<double> value_of(std::string_view text, std::string_view name) {
  auto const at = text.find(name);
  if (at == text.npos) return std::nullopt;
  std::istringstream in(std::string(text.substr(at + name.size(), 64)));
  double number = 0;
  if (!(in >> number)) return std::nullopt;
  return number;
}

/// The directories of the own cgroup and those above it, lowest first.
std::vector<fs::path> own_cgroups(memory_sources const& where) {
  std::istringstream lines(read_text(where.proc / "self" / "cgroup").value_or(""));
  std::vector<fs::path> all;
  for (std::string line; std::getline(lines, line);) {
    auto const first = line.find(':');
    auto const second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    auto const controllers = std::string_view(line).substr(first + 1, second - first - 1);
    bool const unified = controllers.empty();
    if (!unified && controllers != "memory") continue;
    auto const top = unified ? where.cgroup : where.cgroup / "memory";
    for (fs::path below = fs::path(line.substr(second + 1)).relative_path();;
         below = below.parent_path()) {
      all.push_back(below.empty() ? top : top / below);
      if (below.empty()) break;
    }
  }
  return all;
}

struct limit_found {
  std::uint64_t bytes = no_limit;
  fs::path from;
};

limit_found lowest_limit(std::vector<fs::path> const& cgroups) {
  limit_found lowest;
  for (auto const& directory : cgroups) {
    for (auto const* const name : {"memory.high", "memory.max", "memory.limit_in_bytes"}) {
      auto const text = read_text(directory / name);
      auto const bytes = text ? number_at(*text) : std::nullopt;
      if (bytes && *bytes < lowest.bytes) lowest = {*bytes, directory / name};
    }
  }
  return lowest;
}

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

void evaluate_machine(memory_sources const& where, thresholds const& percent, finding& found) {
  auto const text = read_text(where.proc / "meminfo");
  if (!text) return;
  auto const total = value_of(*text, "MemTotal:");
  auto const available = value_of(*text, "MemAvailable:");
  if (!total || !available || *total <= 0) return;
  auto const used = percent_of(static_cast<std::uint64_t>(std::max(*total - *available, 0.0)),
                               static_cast<std::uint64_t>(*total));
  found.details["totalBytes"] = static_cast<std::uint64_t>(*total) * 1024;
  found.details["availableBytes"] = static_cast<std::uint64_t>(*available) * 1024;
  found.details["usedPercent"] = used;
  found.add(percent.evaluate(used), std::to_string(used) + " % of the machine's memory is in use");
}

void evaluate_pressure(memory_sources const& where, std::vector<fs::path> const& cgroups,
                       std::int64_t most, finding& found) {
  auto text = cgroups.empty() ? std::nullopt : read_text(cgroups.front() / "memory.pressure");
  if (!text) text = read_text(where.proc / "pressure" / "memory");
  if (!text) return;
  auto const some = value_of(*text, "some avg10=");
  auto const longer = value_of(*text, "avg60=");
  if (!some || !longer) return;
  found.details["pressure10"] = *some;
  found.details["pressure60"] = *longer;
  if (*longer >= static_cast<double>(most) && *longer > 0)
    found.add(state::warning, "tasks wait for memory " + std::to_string(static_cast<int>(*longer)) +
                                  " % of the time");
}

} // namespace

std::optional<std::uint64_t> resident_bytes(fs::path const& proc) {
  auto const text = read_text(proc / "self" / "statm");
  if (!text) return std::nullopt;
  std::istringstream in(*text);
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  if (!(in >> size >> resident)) return std::nullopt;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

finding look_at_memory(memory_sources const& where, thresholds const& percent,
                       std::int64_t pressure_percent) {
  finding found;
  auto const own = resident_bytes(where.proc);
  auto const cgroups = own_cgroups(where);
  if (own) {
    found.details["residentBytes"] = *own;
    found.message = mebibytes(*own) + " in use by the service";
    auto const limit = lowest_limit(cgroups);
    if (limit.bytes < no_limit) {
      found.details["limitBytes"] = limit.bytes;
      found.details["limitFrom"] = limit.from.string();
      auto const used = percent_of(*own, limit.bytes);
      found.details["limitPercent"] = used;
      auto const how = percent.evaluate(used);
      if (how != state::healthy)
        found.add(how, "the service uses " + std::to_string(used) + " % of its limit of " +
                           mebibytes(limit.bytes));
    }
  }
  evaluate_machine(where, percent, found);
  evaluate_pressure(where, cgroups, pressure_percent, found);
  if (found.details.empty())
    return {.what = state::unknown, .message = "not available from the kernel"};
  return found;
}

} // namespace cfgd::health
