#include "daemon/health/settings.hpp"

#include <boost/assert.hpp>

#include <algorithm>

// Every setting of [health] is an integer and a row here: where it is written, its range, and where
// it goes. The pace of a check that says nothing of its own is that of [health].

namespace cfgd::health {
namespace {

using ms = std::chrono::milliseconds;

/// Stores a number in the member of the settings at the end of a path of members.
template <auto... Path>
void take(settings& into, std::int64_t number) {
  (into.*....*Path) = number;
}
template <ms pace::*Member>
void take_time(settings& into, std::int64_t number) {
  into.general.*Member = ms(number);
}

struct row {
  std::string_view table; ///< behind "health."; empty: [health] itself
  std::string_view name;
  std::int64_t least;
  std::int64_t most;
  void (*store)(settings&, std::int64_t);
};

constexpr auto warning = &thresholds::warning;
constexpr auto critical = &thresholds::critical;
constexpr std::int64_t shortest_ms = 50;
constexpr std::int64_t longest_ms = 86'400'000;

constexpr std::array rows{
    row{"", "interval_ms", shortest_ms, longest_ms, take_time<&pace::interval>},
    row{"", "timeout_ms", shortest_ms, longest_ms, take_time<&pace::limit>},
    row{"store", "warning_ms", 0, longest_ms, take<&settings::store_ms, warning>},
    row{"store", "critical_ms", 0, longest_ms, take<&settings::store_ms, critical>},
    row{"store", "warning_percent", 0, 100, take<&settings::store_percent, warning>},
    row{"store", "critical_percent", 0, 100, take<&settings::store_percent, critical>},
    row{"watch", "warning_ms", 0, longest_ms, take<&settings::watch_ms>},
    row{"memory", "warning_percent", 0, 100, take<&settings::memory_percent, warning>},
    row{"memory", "critical_percent", 0, 100, take<&settings::memory_percent, critical>},
    row{"memory", "pressure_percent", 0, 100, take<&settings::memory_pressure_percent>},
    row{"disk", "warning_percent", 0, 100, take<&settings::disk_percent, warning>},
    row{"disk", "critical_percent", 0, 100, take<&settings::disk_percent, critical>},
    row{"loop", "warning_ms", 0, longest_ms, take<&settings::loop_ms, warning>},
    row{"loop", "critical_ms", 0, longest_ms, take<&settings::loop_ms, critical>},
    row{"committer", "warning_ms", 0, longest_ms, take<&settings::committer_ms, warning>},
    row{"committer", "critical_ms", 0, longest_ms, take<&settings::committer_ms, critical>},
    row{"files", "hidden_days", 0, 36'500, take<&settings::hidden_days>},
    row{"clock", "jump_ms", 1, longest_ms, take<&settings::clock_jump_ms>},
    row{"peers", "warning_percent", 0, 100, take<&settings::peers_percent, warning>},
    row{"peers", "critical_percent", 0, 100, take<&settings::peers_percent, critical>},
    row{"consumers", "late_ms", shortest_ms, longest_ms, take<&settings::consumer_late_ms>},
};

/// "store" of "health.store", "" of "health"; absent: neither.
std::optional<std::string_view> part_of(std::string_view table) {
  if (table == "health") return "";
  constexpr std::string_view before = "health.";
  if (!table.starts_with(before)) return std::nullopt;
  return table.substr(before.size());
}

std::optional<std::size_t> check_named(std::string_view name) {
  auto const* const found = std::find(built_in_names.begin(), built_in_names.end(), name);
  if (found == built_in_names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - built_in_names.begin());
}

row const* find_row(std::string_view part, std::string_view name) {
  auto const* const found = std::find_if(rows.begin(), rows.end(), [&](row const& one) {
    return one.table == part && one.name == name;
  });
  return found == rows.end() ? nullptr : found;
}

bool is_pace(std::string_view name) { return name == "interval_ms" || name == "timeout_ms"; }

} // namespace

std::optional<std::string> find_range_fault(std::optional<std::int64_t> value, std::int64_t least,
                                            std::int64_t most) {
  if (!value) return "must be an integer";
  if (*value < least || *value > most)
    return "must be between " + std::to_string(least) + " and " + std::to_string(most);
  return std::nullopt;
}

std::string_view to_string(built_in which) {
  return built_in_names.at(static_cast<std::size_t>(which));
}

pace settings::pace_of(built_in which) const {
  auto const& mine = own.at(static_cast<std::size_t>(which));
  return {.interval = mine.interval.value_or(general.interval),
          .limit = mine.limit.value_or(general.limit)};
}

std::string known_settings(std::string_view table) {
  auto const part = part_of(table);
  if (!part) return {};
  std::string names;
  if (check_named(*part)) names = "interval_ms, timeout_ms";
  for (auto const& one : rows)
    if (one.table == *part) names.append(names.empty() ? "" : ", ").append(one.name);
  return names;
}

bool is_known_setting(std::string_view table, std::string_view name) {
  auto const part = part_of(table);
  if (!part) return false;
  return (check_named(*part) && is_pace(name)) || find_row(*part, name) != nullptr;
}

std::optional<std::string> take_setting(std::string_view table, std::string_view name,
                                        std::optional<std::int64_t> value, settings& into) {
  auto const part = part_of(table);
  BOOST_ASSERT(part && is_known_setting(table, name));
  auto const check = check_named(*part);
  if (check && is_pace(name)) {
    if (auto wrong = find_range_fault(value, shortest_ms, longest_ms)) return wrong;
    auto& own = into.own.at(*check);
    (name == "interval_ms" ? own.interval : own.limit) = ms(*value);
    return std::nullopt;
  }
  auto const* const found = find_row(*part, name);
  if (auto wrong = find_range_fault(value, found->least, found->most)) return wrong;
  found->store(into, *value);
  return std::nullopt;
}

} // namespace cfgd::health
