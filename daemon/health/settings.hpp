#pragma once

#include "daemon/health/result.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cfgd::health {

/// The checks that the service brings along.
enum class built_in : std::uint8_t {
  store,
  cache,
  files,
  watch,
  memory,
  disk,
  integrity,
  loop,
  committer,
  clock,
  peers,
  consumers,
};
inline constexpr std::array<std::string_view, 12> built_in_names{
    "store",     "cache", "files",     "watch", "memory", "disk",
    "integrity", "loop",  "committer", "clock", "peers",  "consumers"};
std::string_view to_string(built_in which);

/// How often a check runs, and how long a run may take.
struct pace {
  std::chrono::milliseconds interval{30'000};
  std::chrono::milliseconds limit{5'000};
  friend bool operator==(pace const&, pace const&) = default;
};

/// From where on a measure is a warning, and critical.
struct thresholds {
  std::int64_t warning = 0;
  std::int64_t critical = 0;

  state evaluate(double measure) const {
    if (measure >= static_cast<double>(critical)) return state::critical;
    return measure >= static_cast<double>(warning) ? state::warning : state::healthy;
  }
  friend bool operator==(thresholds const&, thresholds const&) = default;
};

/// [health] of cfgd.toml and the tables in it (cfgd.toml(5)).
struct settings {
  pace general;
  struct own_pace {
    std::optional<std::chrono::milliseconds> interval = {};
    std::optional<std::chrono::milliseconds> limit = {};
    friend bool operator==(own_pace const&, own_pace const&) = default;
  };
  /// By built_in.
  std::array<own_pace, built_in_names.size()> own = default_paces();

  thresholds store_ms{100, 1'000}; ///< to write, make durable and read a record
  thresholds store_percent{80, 95};
  thresholds disk_percent{90, 97};
  thresholds memory_percent{75, 90};
  std::int64_t memory_pressure_percent = 10;
  std::int64_t watch_ms = 1'000;
  thresholds loop_ms{250, 2'000};
  thresholds committer_ms{500, 4'000};
  std::int64_t hidden_days = 30; ///< that overrides may hide values of files; 0: for ever
  std::int64_t clock_jump_ms = 2'000;
  thresholds peers_percent{80, 95};
  std::int64_t consumer_late_ms = 30'000; ///< without an acknowledgement

  pace pace_of(built_in which) const;

  friend bool operator==(settings const&, settings const&) = default;

 private:
  static constexpr std::array<own_pace, built_in_names.size()> default_paces() {
    using std::chrono::seconds;
    std::array<own_pace, built_in_names.size()> own{};
    own[static_cast<std::size_t>(built_in::integrity)] = {seconds(300), seconds(60)};
    own[static_cast<std::size_t>(built_in::loop)] = {seconds(5), {}};
    own[static_cast<std::size_t>(built_in::committer)] = {seconds(5), {}};
    return own;
  }
};

/// The settings of a table, "health" or "health.store", as "interval_ms, timeout_ms"; empty: the
/// table does not exist.
std::string known_settings(std::string_view table);

/// Takes one value; absent: it is not an integer. Returns what is wrong with it, if anything. The
/// setting must be a known one: see is_known_setting().
std::optional<std::string> take_setting(std::string_view table, std::string_view name,
                                        std::optional<std::int64_t> value, settings& into);
/// What is wrong with a number that a file gives ("must be between 1 and 5"), if anything; absent:
/// the file has something else.
std::optional<std::string> find_range_fault(std::optional<std::int64_t> value, std::int64_t least,
                                            std::int64_t most);
bool is_known_setting(std::string_view table, std::string_view name);

} // namespace cfgd::health
