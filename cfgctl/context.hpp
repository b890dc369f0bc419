#pragma once

#include "cfgctl/exit_code.hpp"
#include "cfgctl/text/screen.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cfgd::cfgctl {

enum class output_format : std::uint8_t { text, json };

/// What every command needs to know: the global options, and where its output is printed.
struct context {
  std::string socket; ///< empty: $CFGD_SOCKET, else the system's socket
  std::string root;   ///< --root before the command: of commands that work on files; may be empty
  output_format format = output_format::text;
  /// --timeout; zero means no limit. Absent: 30 s for each call, no limit between the replies of a
  /// stream.
  std::optional<std::chrono::milliseconds> time_limit;
  std::vector<std::string> program; ///< that of `exec` or `watch --exec`, with its arguments
  screen where;

  bool as_json() const { return format == output_format::json; }
};

/// Runs a command with the options that were parsed for it: prints the result and returns the exit
/// code. Throws output_failed.
using action = std::function<exit_code(context const& all)>;

} // namespace cfgd::cfgctl
