#pragma once

#include <string>
#include <vector>

namespace CLI { // NOLINT(readability-identifier-naming): the library's
class Option;
} // namespace CLI

namespace cfgd {

/// The words of an option that add_choice() has declared; none for other options. Library
/// cfgd_command_line.
std::vector<std::string> choices_of(CLI::Option& option);

} // namespace cfgd
