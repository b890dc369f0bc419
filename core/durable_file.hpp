#pragma once

#include "core/error.hpp"

#include <filesystem>
#include <string_view>

/// Files that survive a power cut. The only functions of core/ that touch the disk: they block, so
/// the loop thread must not call them.
namespace cfgd {

/// An errc::io error with the text of an errno: "rename: No space left on device", the path as its
/// subject.
error system_error(std::string_view call, int number, std::filesystem::path const& path);

/// Writes all of `text`, resuming after signals and short writes. Returns 0 or the errno. A
/// descriptor in non-blocking mode may return EAGAIN after part of it was written.
[[nodiscard]] int write_all(int fd, std::string_view text);

/// Replaces a file as a whole or leaves it as it was: writes ".NAME.new" beside it with `mode`
/// (whatever the umask is), syncs it and renames it over NAME. Readers see the old content or the
/// new, also after a power cut. Symbolic links are not followed. A ".NAME.new" that a crash has
/// left is overwritten, so one caller at a time per file. Errors: io; the file is then unchanged.
[[nodiscard]] result<void> replace_file(std::filesystem::path const& path, std::string_view text,
                                        unsigned mode);

/// fsync(2) of a regular file: its content is durable afterwards. Errors: io.
[[nodiscard]] result<void> sync_file(std::filesystem::path const& path);

/// fsync(2) of a directory: the names in it are durable afterwards, after a rename or a creation.
/// Errors: io.
[[nodiscard]] result<void> sync_directory(std::filesystem::path const& path);

} // namespace cfgd
