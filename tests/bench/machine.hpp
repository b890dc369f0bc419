#pragma once

#include <filesystem>
#include <string>

namespace cfgd::bench {

/// One line about where the figures come from: processors, kernel, file system of `directory`.
std::string describe_machine(std::filesystem::path const& directory);
/// The load averages of 1, 5 and 15 minutes.
std::string load_now();

} // namespace cfgd::bench
