#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::test {

/// A new directory below $TMPDIR, mode 0700, removed with all it holds by the destructor.
class temporary_directory {
 public:
  temporary_directory();
  ~temporary_directory();
  temporary_directory(temporary_directory const&) = delete;
  temporary_directory& operator=(temporary_directory const&) = delete;

  std::filesystem::path const& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// Removes a directory with all it holds at once, though others write and rename in it meanwhile;
/// what they make in its place stays. Throws std::filesystem::filesystem_error.
void remove_while_written(std::filesystem::path const& path);

/// The regular files below a directory, though others write, rename and remove in it meanwhile.
/// Throws std::runtime_error if that goes on.
std::vector<std::filesystem::path> files_below(std::filesystem::path const& directory);

/// Writes `text` to `path` in place (truncate, write, close), creating directories on the way.
void write_file(std::filesystem::path const& path, std::string_view text);

/// Writes `text` beside `path` and renames it into place.
void replace_file(std::filesystem::path const& path, std::string_view text);

/// Throws std::runtime_error if there is no such file.
std::string read_file(std::filesystem::path const& path);

} // namespace cfgd::test
