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

/// Debounces events: decides when a path is looked at after events on it. A path settles from its
/// first event until it is released. A subject is the path of a file or a directory. Subjects with
/// events at the same time are released together, so that files that were saved together are one
/// change. It does no I/O; the caller passes the time. Not thread-safe.
class settle {
 public:
  using clock = std::chrono::steady_clock;
  using time = clock::time_point;

  struct times {
    /// Time without events after which a subject is ready; may be 0.
    std::chrono::milliseconds quiet{20};
    /// A subject is ready this long after its first event, unless a writer has it open.
    std::chrono::milliseconds late{500};
    /// How long a ready subject waits for others.
    std::chrono::milliseconds together{100};
    /// An open file is ready this long after its last event.
    std::chrono::milliseconds open{10'000};
    /// Time without events after which a subject may be read ahead; 0: never. Less than `quiet`.
    std::chrono::milliseconds ahead{0};
  };

  enum class sign : std::uint8_t {
    changed,  ///< its metadata; whether it is open does not change
    replaced, ///< the name is now another file, or does not exist
    written,  ///< by a process that still has it open
    closed,   ///< by a process that had it open for writing
  };

  struct released {
    std::string subject;
    time first;           ///< of its first event
    bool written = false; ///< it was written to in place
    bool late = false;    ///< released after `late`, not after a quiet period
  };

  explicit settle(times how) : how_(how) {}

  /// Records an event.
  void note(std::string_view subject, sign what, time now);

  /// Puts back a released subject that could not be used yet. It waits for another quiet period
  /// from `since` on, or for a close; `late` counts from `first`. Other subjects do not wait for
  /// it.
  void put_back(std::string_view subject, time first, time since);

  /// Events were lost, perhaps a close: no subject counts as open any more.
  void lose_track();

  /// Removes and returns the group that is ready at `now`; empty if none is.
  std::vector<released> take(time now);

  /// Removes and returns all subjects that are not open.
  std::vector<released> take_closed(time now);

  /// Returns the subjects that will be released soon if no other event comes, so that what they
  /// need can be prepared. Returns each at most once after an event, and once in a quiet period.
  std::vector<std::string> take_ahead(time now);

  /// When take_ahead() will return a subject if no other event comes; nullopt: it will not.
  std::optional<time> next_ahead() const;

  /// When take() will return a group if no other event comes; nullopt: no subject settles.
  std::optional<time> next() const;

  /// Whether events of the subject wait to be released.
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
    bool again = false;             ///< put back, without an event since
    std::optional<time> ahead = {}; ///< when it was last taken by take_ahead()
  };

  released release(std::string const& subject, state const& which, time now) const;

  time ready_at(state const& which) const;
  time forced_at(state const& which) const;
  std::optional<time> ahead_at(state const& which) const;

  times how_;
  std::map<std::string, state, std::less<>> pending_;
};

} // namespace cfgd::watchers
