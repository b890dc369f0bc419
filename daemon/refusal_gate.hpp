#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

namespace cfgd {

/// Decides which refusals are logged: one for each user in five seconds, so that nobody can fill
/// the log, or have the journal drop the lines of others, by asking for what he may not do. No I/O.
class refusal_gate {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds pause{5};
  static constexpr std::size_t users = 1'024; ///< remembered at most

  /// Absent if nothing is to be said; else how many were not said since the last.
  std::optional<std::uint64_t> pass(uid_t who, clock::time_point now);

 private:
  struct silence {
    clock::time_point end;
    std::uint64_t unsaid = 0;
  };
  std::unordered_map<uid_t, silence> silences_;
};

} // namespace cfgd
