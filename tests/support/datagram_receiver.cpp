#include "tests/support/datagram_receiver.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace cfgd::test {

datagram_receiver::datagram_receiver(std::filesystem::path path)
    : path_(std::move(path)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.native().copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  auto const* const generic = reinterpret_cast<sockaddr const*>(&address); // NOLINT: bind(2)
  if (socket_ < 0 || ::bind(socket_, generic, sizeof address) != 0)
    throw std::system_error(errno, std::generic_category(), "bind " + path_.string());
}

datagram_receiver::~datagram_receiver() {
  ::close(socket_);
  ::unlink(path_.c_str());
}

std::optional<std::string> datagram_receiver::receive(std::chrono::milliseconds limit) {
  pollfd wanted{.fd = socket_, .events = POLLIN, .revents = 0};
  if (::poll(&wanted, 1, static_cast<int>(limit.count())) != 1) return std::nullopt;
  std::string text(256 * std::size_t{1024}, '\0');
  auto const length = ::recv(socket_, text.data(), text.size(), 0);
  if (length < 0) return std::nullopt;
  text.resize(static_cast<std::size_t>(length));
  return text;
}

} // namespace cfgd::test
