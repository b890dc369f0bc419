#pragma once

namespace cfgd::cfgctl {

/// What cfgctl ends with. Scripts rely on the numbers; cfgctl(1) has them.
enum class exit_code : int {
  ok = 0,
  refused = 1,     ///< the service said no, or a key has no value
  usage = 2,       ///< the command line is wrong
  unreachable = 3, ///< nobody listens at the socket
  trouble = 4,     ///< time ran out, the connection broke, or the answer is none
};

} // namespace cfgd::cfgctl
