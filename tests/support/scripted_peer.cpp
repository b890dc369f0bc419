/// The scripted service.
///
/// It is a thread with blocking calls, unlike anything in the product: what it does stands in a
/// test from top to bottom, and it shares no code with what is tested, framing included.

#include "tests/support/scripted_peer.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace cfgd::test {
namespace {

constexpr int time_limit_ms = 20'000;

/// The exception that ends a script when it must stop.
struct stopped : std::exception {
  char const* what() const noexcept override { return "the peer was stopped"; }
};

[[noreturn]] void broken(char const* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

void wait_for(int descriptor, short events, int stop) {
  std::array<pollfd, 2> what{pollfd{.fd = descriptor, .events = events, .revents = 0},
                             pollfd{.fd = stop, .events = POLLIN, .revents = 0}};
  int const ready = ::poll(what.data(), what.size(), time_limit_ms);
  if (ready < 0) broken("poll");
  if (ready == 0) throw std::runtime_error("scripted peer: nothing happened in time");
  if (what[1].revents != 0) throw stopped();
}

} // namespace

scripted_connection::~scripted_connection() { ::close(socket_); }

void scripted_connection::wait(short events) const { wait_for(socket_, events, stop_); }

std::string scripted_connection::receive() {
  for (;;) {
    auto const end = buffered_.find('\0');
    if (end != std::string::npos) {
      std::string message = buffered_.substr(0, end);
      buffered_.erase(0, end + 1);
      return message;
    }
    wait(POLLIN);
    std::array<char, 65536> room{};
    ssize_t const got = ::recv(socket_, room.data(), room.size(), 0);
    if (got < 0) broken("recv");
    if (got == 0) throw std::runtime_error("scripted peer: the client closed before a call");
    buffered_.append(room.data(), static_cast<std::size_t>(got));
  }
}

void scripted_connection::send(std::string_view message) {
  std::string whole(message);
  whole += '\0';
  send_bytes(whole);
}

void scripted_connection::send_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    wait(POLLOUT);
    ssize_t const sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN) continue;
    if (sent < 0) broken("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void scripted_connection::wait_for_close() {
  for (;;) {
    wait(POLLIN);
    std::array<char, 4096> room{};
    if (::recv(socket_, room.data(), room.size(), 0) <= 0) return;
  }
}

void scripted_connection::wait_for_close_unread() {
  wait(0); // a hangup is reported in any case, poll(2)
}

scripted_peer::scripted_peer(std::filesystem::path socket, std::vector<script> scripts)
    : path_(std::move(socket)), scripts_(std::move(scripts)) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path_.native().size() >= sizeof name.sun_path) throw std::length_error("socket path");
  std::memcpy(name.sun_path, path_.c_str(), path_.native().size() + 1);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0) broken("socket");
  if (::bind(listener_, reinterpret_cast<sockaddr const*>(&name), sizeof name) != 0) broken("bind");
  if (::listen(listener_, 16) != 0) broken("listen");
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  if (stop_ < 0) broken("eventfd");
  thread_ = std::thread([this] { run(); });
}

scripted_peer::~scripted_peer() {
  std::uint64_t const one = 1;
  if (::write(stop_, &one, sizeof one) != sizeof one) std::terminate();
  if (thread_.joinable()) thread_.join();
  ::close(stop_);
}

void scripted_peer::run() {
  try {
    for (script const& play : scripts_) {
      wait_for(listener_, POLLIN, stop_);
      int const accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (accepted < 0) broken("accept4");
      scripted_connection client(accepted, stop_);
      play(client);
      std::lock_guard const lock(mutex_);
      ++played_;
    }
  } catch (stopped const&) {
    // The test has seen enough.
  } catch (std::exception const&) {
    std::lock_guard const lock(mutex_);
    failed_ = std::current_exception();
  }
  ::close(listener_);
  std::error_code ignored; // the directory goes with the test
  std::filesystem::remove(path_, ignored);
}

void scripted_peer::finish() {
  if (thread_.joinable()) thread_.join();
  std::lock_guard const lock(mutex_);
  if (failed_) std::rethrow_exception(std::exchange(failed_, nullptr));
}

std::size_t scripted_peer::played() const {
  std::lock_guard const lock(mutex_);
  return played_;
}

scripted_peer::script exchange(std::vector<std::pair<std::string, std::string>> talk) {
  return [talk = std::move(talk)](scripted_connection& client) {
    for (auto const& [call, reply] : talk) {
      std::string const got = client.receive();
      if (got != call) throw std::runtime_error("unexpected call: " + got + "\nwanted: " + call);
      client.send(reply);
    }
    client.wait_for_close();
  };
}

} // namespace cfgd::test
