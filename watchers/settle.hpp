#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace cfgd::watchers {

/// Decides when something that makes noise is looked at. Does no I/O and is told the time.
/// A subject is the path of a file or a directory. Subjects that are noisy at the same time are
/// released together, so that files saved together are one change.
class settle {
 public:
  using clock = std::chrono::steady_clock;
  using time = clock::time_point;

  struct times {
    std::chrono::milliseconds quiet{20}; ///< without events before a subject is ready; 0 is allowed
    std::chrono::milliseconds late{500}; ///< ready at the latest, unless a writer has it open
    std::chrono::milliseconds together{100}; ///< a ready subject waits for others at most so long
    std::chrono::milliseconds open{10'000};  ///< an open file is ready so long after its last event
  };

  enum class sign : std::uint8_t {
    changed,  ///< something about it, say its mode; whether it is open stays as it was
    replaced, ///< another file has the name now, or none
    written,  ///< written to by somebody who still has it open
    closed,   ///< closed by somebody who could write
  };

  struct released {
    std::string subject;
    time first;           ///< when it began to be noisy
    bool written = false; ///< somebody wrote to it in place
    bool late = false;    ///< taken although it was not quiet for long enough
  };

  explicit settle(times how) : how_(how) {}

  void note(std::string_view subject, sign what, time now);

  /// A released subject that could not be used yet: it waits for another quiet period from `since`
  /// on (or a close), and its lateness is counted from `first`. Others do not wait for it.
  void put_back(std::string_view subject, time first, time since);

  /// Events were lost, perhaps those that say that a file was closed: nothing counts as open.
  void lose_track();

  /// Takes out the group that is ready at `now`; empty if there is none.
  std::vector<released> take(time now);

  /// Takes out everything but what is open.
  std::vector<released> take_closed(time now);

  /// When take() will return something, if nothing else is noted. Absent: nothing settles.
  std::optional<time> next() const;

  bool settles(std::string_view subject) const { return pending_.contains(subject); }
  bool empty() const { return pending_.empty(); }

  /// All subjects that settle.
  std::unordered_set<std::string> subjects() const;

 private:
  struct state {
    time first;
    time last;
    bool open = false;
    bool written = false;
    bool again = false; ///< put back; nothing was noted since
  };

  released release(std::string const& subject, state const& which, time now) const;

  time ready_at(state const& which) const;
  time forced_at(state const& which) const;

  times how_;
  std::map<std::string, state, std::less<>> pending_;
};

} // namespace cfgd::watchers
