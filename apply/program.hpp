#pragma once

#include "apply/user.hpp"
#include "core/error.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace cfgd::apply {

/// Runs a program with /dev/null as its input, in a process group of its own, with PATH and LANG as
/// its environment, and waits for its end. When the limit has passed, the group is killed; so is
/// what the program leaves behind. Errors: invalid (it ended otherwise than with 0, took too long,
/// or could not be started; the last lines of its output follow the first line of
/// the message). As another user if there is one, with its groups, and without ways to get other
/// rights. Blocks.
[[nodiscard]] result<void> run_program(std::vector<std::string> words,
                                       std::chrono::milliseconds limit,
                                       std::optional<user> const& as);

/// The same; what it wrote on standard output, at most 64 KiB.
[[nodiscard]] result<std::string> output_of(std::vector<std::string> words,
                                            std::chrono::milliseconds limit,
                                            std::optional<user> const& as = {});

} // namespace cfgd::apply
