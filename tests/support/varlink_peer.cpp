#include "tests/support/varlink_peer.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace cfgd::test {

using clock = std::chrono::steady_clock;

bool run_until(boost::asio::io_context& loop, std::function<bool()> const& holds,
               std::chrono::milliseconds limit) {
  auto const end = clock::now() + limit;
  for (;;) {
    loop.restart();
    // All that is ready, but not poll(): it does not return as long as handlers post others.
    for (int ran = 0; ran < 1'000 && loop.poll_one() != 0; ++ran) {
    }
    if (holds()) return true;
    if (clock::now() > end) return false;
    loop.run_one_for(std::chrono::milliseconds(2));
  }
}

varlink_peer::varlink_peer(boost::asio::io_context& loop, std::filesystem::path const& path)
    : loop_(loop), socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  if (socket_ < 0 ||
      ::connect(socket_, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0) {
    auto const why = errno;
    if (socket_ >= 0) ::close(socket_);
    throw std::system_error(why, std::generic_category(), "connect " + path.string());
  }
}

varlink_peer::varlink_peer(boost::asio::io_context& loop, int socket)
    : loop_(loop), socket_(socket) {}

varlink_peer::varlink_peer(varlink_peer&& other) noexcept
    : loop_(other.loop_), socket_(std::exchange(other.socket_, -1)), ended_(other.ended_),
      received_(std::move(other.received_)) {}

varlink_peer::~varlink_peer() { close(); }

void varlink_peer::close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

void varlink_peer::send_raw(std::string_view bytes) {
  auto const is_sent = [&] {
    auto const count = ::send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) return true;
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    return bytes.empty();
  };
  // The server runs only if it has to: several peers may send before it has read anything.
  if (!is_sent()) run_until(loop_, is_sent);
}

void varlink_peer::send(std::string_view message) { send_raw(std::string(message) + '\0'); }

bool varlink_peer::take_bytes() {
  std::array<char, 65536> bytes{};
  auto const count = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (count > 0) received_.append(bytes.data(), static_cast<std::size_t>(count));
  if (count == 0 || (count < 0 && errno != EAGAIN)) ended_ = true;
  return count > 0;
}

std::optional<std::string> varlink_peer::receive(std::chrono::milliseconds limit) {
  std::size_t scanned = 0;
  std::size_t end = std::string::npos;
  run_until(
      loop_,
      [&] {
        do {
          end = received_.find('\0', scanned);
          scanned = received_.size();
        } while (end == std::string::npos && !ended_ && take_bytes());
        return end != std::string::npos || ended_;
      },
      limit);
  if (end == std::string::npos) return std::nullopt;
  auto message = received_.substr(0, end);
  received_.erase(0, end + 1);
  return message;
}

std::string varlink_peer::ask(std::string_view message) {
  send(message);
  return receive().value_or("closed");
}

bool varlink_peer::is_closed(std::chrono::milliseconds limit) {
  run_until(
      loop_, [&] { return ended_ || (!take_bytes() && ended_) || !received_.empty(); }, limit);
  return ended_ && received_.empty();
}

void varlink_peer::end_sending() { ::shutdown(socket_, SHUT_WR); }

} // namespace cfgd::test
