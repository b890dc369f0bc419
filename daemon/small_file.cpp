#include "daemon/small_file.hpp"

#include "core/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace cfgd {

result<std::string> read_small_file(std::filesystem::path const& path, std::size_t maximum_bytes,
                                    links how) {
  auto const fail = [&](errc code, std::string message) {
    return error{.code = code, .message = std::move(message), .subject = path.string()};
  };
  auto const fail_with_errno = [&] {
    return fail(errno == ENOENT ? errc::not_found : errc::io,
                std::generic_category().message(errno));
  };
  // Non-blocking, so that a FIFO without a writer is an empty file.
  unique_fd const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK |
                                                (how == links::refuse ? O_NOFOLLOW : 0)));
  if (!file) return fail_with_errno();
  std::string text;
  std::array<char, 64 * 1024> buffer{};
  ssize_t count = 0;
  while ((count = ::read(file.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > maximum_bytes)
      return fail(errc::limit, "it is larger than " + std::to_string(maximum_bytes) + " bytes");
  }
  if (count < 0) return fail_with_errno();
  return text;
}

} // namespace cfgd
