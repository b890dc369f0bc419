#pragma once

#include <sys/types.h>

#include <string>
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

/// Starts a program in the background, with default signals. `environment` ("NAME=value") is added
/// to that of this process; `input` becomes its standard input and stays the caller's. Returns the
/// process, or minus the errno if it cannot be run.
pid_t start_program(std::vector<std::string> const& arguments,
                    std::vector<std::string> const& environment, int input);

} // namespace cfgd::cfgctl
