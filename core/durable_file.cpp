#include "core/durable_file.hpp"

#include "core/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace cfgd {
namespace {

result<void> sync_path(std::filesystem::path const& path, int flags) {
  unique_fd const opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (!opened) return system_error("open", errno, path);
  if (::fsync(opened.get()) != 0) return system_error("fsync", errno, path);
  return {};
}

result<void> write_new(std::filesystem::path const& path, std::string_view text, unsigned mode) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_error("unlink", errno, path);
  // O_EXCL: in a directory that others may write to, nobody can place a link here and have another
  // file overwritten.
  unique_fd const file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!file) return system_error("open", errno, path);
  if (::fchmod(file.get(), mode) != 0) return system_error("chmod", errno, path);
  if (int const failed = write_all(file.get(), text); failed != 0)
    return system_error("write", failed, path);
  if (::fsync(file.get()) != 0) return system_error("fsync", errno, path);
  return {};
}

} // namespace

error system_error(std::string_view call, int number, std::filesystem::path const& path) {
  return {.code = errc::io,
          .message = std::string(call) + ": " + std::generic_category().message(number),
          .subject = path.string()};
}

int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto const count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

result<void> replace_file(std::filesystem::path const& path, std::string_view text, unsigned mode) {
  auto const beside = path.parent_path() / ('.' + path.filename().string() + ".new");
  if (auto written = write_new(beside, text, mode); !written) {
    ::unlink(beside.c_str());
    return written;
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    auto why = system_error("rename", errno, path);
    ::unlink(beside.c_str());
    return why;
  }
  // Best effort: without it a power cut may bring the old content back, but never a mixture. The
  // directory need not be readable for us.
  auto const directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  static_cast<void>(sync_directory(directory));
  return {};
}

result<void> sync_file(std::filesystem::path const& path) { return sync_path(path, 0); }

result<void> sync_directory(std::filesystem::path const& path) {
  return sync_path(path, O_DIRECTORY);
}

} // namespace cfgd
