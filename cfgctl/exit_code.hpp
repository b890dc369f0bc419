#pragma once

namespace cfgd::cfgctl {

/// Exit codes of cfgctl. Scripts rely on the numbers; cfgctl(1) documents them. `health` and
/// `doctor` have codes of their own.
enum class exit_code : int {
  ok = 0,
  refused = 1,     ///< the service rejected the request, or a key has no value
  usage = 2,       ///< the command line is wrong
  unreachable = 3, ///< no service listens on the socket
  trouble = 4,     ///< time ran out, the connection broke, or the reply is not valid
  not_applied = 5, ///< the change is made, and not all consumers have applied it
};

} // namespace cfgd::cfgctl
