/// Output without streams and buffers: a command makes one text and writes it, so that a full disk
/// or a closed pipe is noticed where it happens. main ignores SIGPIPE.

#include "cfgctl/output.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace cfgd::cfgctl {
namespace {

/// 0, or the errno.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    ssize_t const written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) { // another program made the terminal non-blocking
      pollfd what{.fd = descriptor, .events = POLLOUT, .revents = 0};
      ::poll(&what, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

} // namespace

output_failed::output_failed(int number)
    : std::runtime_error("cannot write: " + std::generic_category().message(number)),
      closed_(number == EPIPE) {}

void print(std::string_view text) {
  if (int const failed = write_all(STDOUT_FILENO, text); failed != 0) throw output_failed(failed);
}

void complain(std::string_view text) { write_all(STDERR_FILENO, text); }

} // namespace cfgd::cfgctl
