#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace cfgd::log {

/// "; 1 similar message suppressed", to be added to a line. Empty: none was.
std::string suppressed_text(std::uint64_t count);

/// Limits the rate of similar lines, so that a peer that repeats an action can neither fill the log
/// nor make the journal drop the lines of others. No I/O. Not thread-safe.
class gate {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::size_t subjects = 1'024; ///< the most that are tracked

  /// `burst` lines at once, then one for each pause.
  struct rate {
    unsigned burst = 1;
    std::chrono::seconds pause{5};
  };

  /// Decides about one line. `subject` is what similar lines have in common. Absent: suppress the
  /// line; else the number of lines that were suppressed since the last one that passed.
  std::optional<std::uint64_t> pass(std::string_view subject, rate allowed, clock::time_point now);

 private:
  struct state {
    clock::time_point used_until; ///< the lines so far have used the time up to here
    std::uint64_t suppressed = 0;
  };
  std::map<std::string, state, std::less<>> states_;
};

} // namespace cfgd::log
