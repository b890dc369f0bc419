#pragma once

#include "daemon/health/settings.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::health {

/// Decides which check runs when. A check runs once at a time: one that does not answer within its
/// limit is overdue, and is not started again before it has answered. Gets the time as an argument;
/// does no I/O.
class schedule {
 public:
  using time = std::chrono::steady_clock::time_point;
  /// Counts the runs of all checks.
  using number = std::uint64_t;

  /// A result that differs from the current status is confirmed by another run after this time.
  static constexpr std::chrono::milliseconds confirmation{5'000};
  /// The shortest time from the start of one run to the start of the next that refresh() asked for.
  static constexpr std::chrono::milliseconds refresh_spacing{100};

  /// `name` must not be there.
  void add(std::string name, pace how, time first);
  void remove(std::string_view name);
  bool contains(std::string_view name) const { return checks_.contains(name); }

  struct start {
    std::string name;
    number run = 0;
    bool asked = false; ///< by ask() or refresh()
  };
  /// The checks to start now; they count as running from here on.
  std::vector<start> take_due(time now);

  /// The checks that have exceeded their limit since the last call.
  std::vector<std::string> take_overdue(time now);

  enum class outlook : std::uint8_t { settled, in_doubt };
  /// A run has answered, in time or late. False: no such run is awaited.
  bool finish(std::string_view name, number run, time now, outlook next);
  /// Whether the answer of this run is awaited.
  bool awaits(std::string_view name, number run) const;

  /// Runs a check as soon as possible: now, or when the current run ends. Returns a ticket for
  /// is_done().
  number ask(std::string_view name, time now);
  /// The same after a change of the check's input, but at most once in refresh_spacing.
  number refresh(std::string_view name, time now);
  /// Whether a run that began after the ticket was given has ended or is overdue; or the check is
  /// overdue anyway, or gone.
  bool is_done(std::string_view name, number ticket) const;

  /// When take_due() or take_overdue() will give something.
  std::optional<time> next() const;

 private:
  struct entry {
    pace how;
    time due;
    time started;
    number run = 0; ///< 0: it does not run
    bool overdue = false;
    std::optional<time> asked = {}; ///< the next run was asked for, not before this time
    number last_done = 0;
  };

  std::map<std::string, entry, std::less<>> checks_;
  number runs_ = 0;
};

} // namespace cfgd::health
