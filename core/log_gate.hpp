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

/// Decides which of many lines of one sort are written, so that nobody can fill the log, or have
/// the journal drop the lines of others, by what he does over and over. No I/O, one thread at a
/// time.
class gate {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::size_t subjects = 1'024; ///< remembered at most

  /// So many at once, and then one for each pause.
  struct rate {
    unsigned burst = 1;
    std::chrono::seconds pause{5};
  };

  /// `subject`: what lines of a sort have in common. Absent if nothing is to be said; else how many
  /// were not said since the last.
  std::optional<std::uint64_t> pass(std::string_view subject, rate allowed, clock::time_point now);

 private:
  struct silence {
    clock::time_point spent; ///< what was said is made up for by then
    std::uint64_t unsaid = 0;
  };
  std::map<std::string, silence, std::less<>> silences_;
};

} // namespace cfgd::log
