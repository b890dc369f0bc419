#pragma once

#include "cfgctl/context.hpp"

#include <string>
#include <variant>

namespace cfgd::cfgctl {

/// A command line that was parsed: the command to run, and the global options for it.
struct invocation {
  context all;
  action run;
  bool is_long = false; ///< what it prints on a terminal goes through a pager
};

/// No command is run: the user asked for help, or the command line is wrong.
struct early_end {
  exit_code code = exit_code::ok;
  std::string out; ///< for standard output
  std::string err; ///< for standard error
};

/// `argv` has `argc` words, the first of which is the name of the program.
std::variant<invocation, early_end> parse_command_line(int argc, char const* const* argv);

} // namespace cfgd::cfgctl
