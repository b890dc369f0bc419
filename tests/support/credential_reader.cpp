#include "tests/support/credential_reader.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <system_error>

namespace cfgd::test {
namespace {

void check(bool fine, char const* call) {
  if (!fine) throw std::system_error(errno, std::generic_category(), call);
}

sockaddr const* generic(sockaddr_un const& address) {
  return reinterpret_cast<sockaddr const*>(&address); // NOLINT: bind(2) wants it so
}

std::string random_digits() {
  std::random_device random;
  std::array<char, 20> text{};
  std::snprintf(text.data(), text.size(), "%x%08x", random(), random());
  return text.data();
}

} // namespace

credential_reader::credential_reader() : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  check(static_cast<bool>(socket_), "socket");
}

credential_reader::credential_reader(std::string_view name) : credential_reader() {
  sockaddr_un own{};
  own.sun_family = AF_UNIX;
  std::string whole(1, '\0');
  whole.append(random_digits()).append("/").append(name);
  whole.copy(static_cast<char*>(own.sun_path), sizeof own.sun_path);
  auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + whole.size());
  check(::bind(socket_.get(), generic(own), size) == 0, "bind");
}

void credential_reader::connect(std::filesystem::path const& to) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  to.native().copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  check(::connect(socket_.get(), generic(address), sizeof address) == 0, "connect");
  ::shutdown(socket_.get(), SHUT_WR);
}

bool credential_reader::read() {
  std::array<char, 65'536> buffer{};
  for (;;) {
    auto const got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return false;
    check(got >= 0, "recv");
    if (got == 0) return true;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::string const& credential_reader::read_all() {
  while (!read()) {
    pollfd readable{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, 30'000) != 1) throw std::runtime_error("no end of the credential");
  }
  return text;
}

std::string read_credential(std::filesystem::path const& from, std::string_view name) {
  credential_reader one(name);
  one.connect(from);
  return one.read_all();
}

} // namespace cfgd::test
