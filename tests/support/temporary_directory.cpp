#include "tests/support/temporary_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace cfgd::test {

temporary_directory::temporary_directory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "cfgd-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), "mkdtemp " + pattern);
  path_ = pattern;
}

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void remove_while_written(std::filesystem::path const& path) {
  auto const aside = path.string() + ".removed";
  std::filesystem::rename(path, aside);
  for (int attempt = 0; attempt < 1'000; ++attempt) {
    std::error_code failed; // not empty, or an entry was renamed before it was removed
    std::filesystem::remove_all(aside, failed);
    if (!failed) return;
  }
  std::filesystem::remove_all(aside);
}

std::vector<std::filesystem::path> files_below(std::filesystem::path const& directory) {
  for (int attempt = 0; attempt < 1'000; ++attempt) {
    std::vector<std::filesystem::path> found;
    std::error_code changed; // a directory was removed before it was read
    std::error_code gone;
    for (std::filesystem::recursive_directory_iterator at(directory, changed), end;
         !changed && at != end; at.increment(changed))
      if (at->is_regular_file(gone)) found.push_back(at->path());
    if (!changed) return found;
  }
  throw std::runtime_error("cannot list " + directory.string());
}

void write_file(std::filesystem::path const& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out) throw std::runtime_error("cannot write " + path.string());
}

void replace_file(std::filesystem::path const& path, std::string_view text) {
  auto const beside = path.parent_path() / ("." + path.filename().string() + ".new");
  write_file(beside, text);
  std::filesystem::rename(beside, path);
}

std::string read_file(std::filesystem::path const& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace cfgd::test
