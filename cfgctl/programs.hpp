#pragma once

#include "core/unique_fd.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Programs that cfgctl runs for the user.
namespace cfgd::cfgctl {

/// Runs a program in the foreground and waits for its end. Meanwhile this process ignores SIGINT
/// and SIGQUIT, which are meant for the program. Returns its exit code, 128 plus the signal that
/// ended it (as shells do), or 127 if it cannot be run. Throws std::system_error if no process can
/// be created.
int run_program(std::vector<std::string> const& arguments);

/// Runs VISUAL, else EDITOR, else vi on a file. The variable may have arguments, which a shell
/// parses. Returns as run_program().
int run_editor(std::string const& path);

/// Whether a program in the background is in the process group of cfgctl.
enum class program_group : std::uint8_t { of_caller, own };
/// supervised: it gets SIGTERM when cfgctl ends, also when cfgctl is killed.
enum class program_bond : std::uint8_t { loose, supervised };

struct program_start {
  std::vector<std::string> const& arguments;
  std::vector<std::string> const& environment; ///< "NAME=value", added to that of this process
  int input = -1; ///< becomes its standard input and stays the caller's; -1: that of this process
  program_group group = program_group::of_caller;
  program_bond bond = program_bond::loose;
};

/// Starts a program in the background, with default signals. Returns the process, or minus the
/// errno if it cannot be run.
pid_t start_program(program_start const& what);

/// A file in memory that is read from its beginning: input for a program that may not read it.
/// Throws std::system_error.
unique_fd file_in_memory(std::string_view text);

/// Waits for the end of a process. Its exit code, or 128 plus the signal that ended it.
int wait_for(pid_t child);

/// Becomes the program, with variables added as in program_start. Returns the errno if it cannot.
int replace_process(std::vector<std::string> const& arguments,
                    std::vector<std::string> const& environment);

} // namespace cfgd::cfgctl
