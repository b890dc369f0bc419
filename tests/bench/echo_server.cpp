#include "tests/bench/servers.hpp"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <system_error>

// The least that a server can do: one epoll_wait, one recv and one send for a message. What is
// faster than this is faster than the kernel's sockets.

namespace cfgd::bench {
namespace {

int listen_at(std::filesystem::path const& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path)
    throw std::runtime_error("too long for a socket: " + path.string());
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  int const made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(made, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0 ||
      ::listen(made, SOMAXCONN) != 0)
    throw std::system_error(errno, std::generic_category(), "listen");
  return made;
}

void send_back(int socket) {
  std::array<char, 64 * 1024> buffer; // NOLINT: not filled, it is for the kernel to do
  ssize_t const count = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count < 0 && errno == EAGAIN) return;
  try {
    if (count > 0) return send_all(socket, {buffer.data(), static_cast<std::size_t>(count)});
  } catch (std::system_error const&) { // who does not want the answer has left
  }
  ::close(socket);
}

int serve(int listening) {
  // It ends with the program that measures, however that ends.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  int const epoll = ::epoll_create1(EPOLL_CLOEXEC);
  auto const add = [epoll](int socket) {
    epoll_event what{};
    what.events = EPOLLIN;
    what.data.fd = socket;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &what);
  };
  add(listening);
  std::array<epoll_event, 64> events{};
  for (;;) {
    int const count = ::epoll_wait(epoll, events.data(), events.size(), -1);
    for (int index = 0; index < count; ++index) {
      int const socket = events[static_cast<std::size_t>(index)].data.fd;
      if (socket != listening)
        send_back(socket);
      else if (int const accepted = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
               accepted >= 0)
        add(accepted);
    }
  }
}

} // namespace

echo_server::echo_server(std::filesystem::path socket) : socket_(std::move(socket)) {
  int const listening = listen_at(socket_);
  process_ = std::make_unique<test::child_process>([listening](int) { return serve(listening); });
  ::close(listening);
}

} // namespace cfgd::bench
