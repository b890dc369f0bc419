#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace cfgd {

/// Whether the last part of a path may be a symbolic link.
enum class links : std::uint8_t { follow, refuse };

/// Reads a whole file of at most `maximum_bytes`. Blocks, except on /proc and /sys: not for the
/// loop. Errors: not_found, io (the text of the errno), limit; the subject is the path.
[[nodiscard]] result<std::string> read_small_file(std::filesystem::path const& path,
                                                  std::size_t maximum_bytes,
                                                  links how = links::follow);

} // namespace cfgd
