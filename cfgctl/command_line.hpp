#pragma once

#include "cfgctl/commands/command.hpp"
#include "cfgctl/exit_code.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

/// The command line as data. CLI11 stays behind this header: it takes long to compile.
namespace cfgd::cfgctl {

enum class color_choice : std::uint8_t { automatic, always, never };
enum class output_format : std::uint8_t { text, json };

struct invocation {
  std::string socket; ///< empty: $CFGD_SOCKET or the system's
  output_format format = output_format::text;
  color_choice color = color_choice::automatic;
  /// Absent: 30 s, and none between the replies of a stream.
  std::optional<std::chrono::milliseconds> time_limit;
  command what;
};

/// Nothing is to be run: help was asked for, or the command line is wrong.
struct early_end {
  exit_code code = exit_code::ok;
  std::string out;
  std::string err;
};

std::variant<invocation, early_end> parse_command_line(int argc, char const* const* argv);

} // namespace cfgd::cfgctl
