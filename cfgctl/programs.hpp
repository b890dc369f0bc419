#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

/// Programs of the user.
namespace cfgd::cfgctl {

/// Runs a program in the foreground and waits for its end. Meanwhile this process does not listen
/// to SIGINT and SIGQUIT: they are the program's. The exit code, 128 and the signal as shells have
/// it, or 127 if it cannot be run. Throws std::system_error if there can be no process.
int run_program(std::vector<std::string> const& arguments);

/// Runs what VISUAL, else EDITOR, else vi is on a file. It may have arguments, as a shell reads
/// them. What it returns is run_program's.
int run_editor(std::string const& path);

/// Starts a program beside this process, with signals as they are by default. `environment` is
/// added to what this process has, "NAME=value"; `input` becomes its standard input. Its process,
/// or minus the errno if it cannot be run.
pid_t start_program(std::vector<std::string> const& arguments,
                    std::vector<std::string> const& environment, int input);

} // namespace cfgd::cfgctl
