#pragma once

#include "core/histogram.hpp"

#include <cstdint>

namespace cfgd::ipc {

/// What became of the calls of one method.
struct method_figures {
  std::uint64_t replied = 0;
  std::uint64_t failed = 0;    ///< answered with an error
  std::uint64_t cancelled = 0; ///< the connection ended before
  /// From the call to its last reply. Calls with 'more' are not in it. Of those that a short cut
  /// answers one in 64 is timed and stands for all.
  duration_histogram times = {};
};

} // namespace cfgd::ipc
