#include "daemon/unit_credentials.hpp"

#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "daemon/line_text.hpp"
#include "ipc/acceptor.hpp"
#include "ipc/peer.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

// Reading ends at the end of the file, so the reader cannot tell a value that was cut short from a
// whole one. Therefore a value is given to the kernel by one send(2) that does not wait: what the
// kernel has taken it delivers, whatever becomes of this process. A value that its buffer does not
// hold is refused; the buffer is made larger for it as far as net.core.wmem_max allows.
//
// The accept loop is not that of the Varlink server, which sends a refused client the reason: here
// every byte would be part of a credential.

namespace cfgd {
namespace {

namespace asio = boost::asio;

constexpr auto back_off = std::chrono::milliseconds(100);
constexpr auto warning_pause = std::chrono::seconds(10);
constexpr int accepted_at_once = 16;

/// The name that the peer has bound its socket to; empty: none, or it cannot be read.
std::string peer_name(int socket) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address); // NOLINT: getpeername(2)
  if (::getpeername(socket, generic, &size) != 0) return {};
  constexpr auto begin = offsetof(sockaddr_un, sun_path);
  if (size <= begin || size > sizeof address) return {};
  return {static_cast<char const*>(address.sun_path), size - begin};
}

/// The bytes that the kernel takes for a socket at once. It doubles what it is asked for, because
/// it counts its own structures, too (socket(7), SO_SNDBUF).
std::size_t buffer_of(int socket) {
  int size = 0;
  socklen_t length = sizeof size;
  if (::getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, &length) != 0 || size < 0) return 0;
  return static_cast<std::size_t>(size) / 2;
}

std::size_t make_buffer(int socket, std::size_t wanted) {
  if (auto const there = buffer_of(socket); there >= wanted) return there;
  int const size = static_cast<int>(wanted); // at most limits::credential_bytes
  (void)::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  return buffer_of(socket);
}

/// Sends all or nothing. Errors: limit (the buffer is too small), closed, io.
result<void> send_whole(int socket, std::string_view bytes) {
  if (bytes.empty()) return {};
  if (auto const holds = make_buffer(socket, bytes.size()); holds < bytes.size())
    return error{.code = errc::limit,
                 .message = "the value does not fit the socket's buffer; raise the sysctl "
                            "net.core.wmem_max",
                 .subject = "net.core.wmem_max",
                 .used = bytes.size(),
                 .maximum = holds};
  auto const sent = ::send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno == EPIPE)
    return error{.code = errc::closed, .message = "it does not wait any more"};
  if (sent < 0) return error{.code = errc::io, .message = std::strerror(errno)};
  if (static_cast<std::size_t>(sent) != bytes.size())
    return error{.code = errc::io,
                 .message = "the kernel had no memory for the whole value, and the unit has a part "
                            "of it; restart the unit"};
  return {};
}

} // namespace

unit_credentials::unit_credentials(asio::any_io_executor const& loop, options how, source ask)
    : how_(std::move(how)), ask_(std::move(ask)), socket_(loop), pause_(loop), clock_(loop) {
  clock_.expires_at(time::max());
}

result<void> unit_credentials::adopt(unique_fd passed) {
  auto const kind = ipc::kind_of_socket(passed.get());
  if (!kind) return kind.error();
  if (*kind != ipc::socket_kind::listening)
    return error{.code = errc::protocol, .message = "the socket for credentials does not listen"};
  socket_.assign(asio::local::stream_protocol(), passed.get());
  std::ignore = passed.release();
  return {};
}

void unit_credentials::start(ipc::task_group& tasks) {
  tasks.spawn("credentials", accept());
  tasks.spawn("time of credentials", keep_time());
}

void unit_credentials::stop() {
  stopping_ = true;
  boost::system::error_code ignored; // the descriptor is gone in any case
  socket_.close(ignored);
  pause_.cancel();
  clock_.cancel();
  waiting_.clear();
}

asio::awaitable<void> unit_credentials::accept() {
  while (!stopping_) {
    bool is_paused = !has_place();
    if (!is_paused) {
      auto const [failed] = co_await socket_.async_wait(asio::socket_base::wait_read,
                                                        asio::as_tuple(asio::use_awaitable));
      if (stopping_) break;
      is_paused = failed || !accept_waiting();
    }
    if (!is_paused) continue;
    pause_.expires_after(back_off);
    co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

asio::awaitable<void> unit_credentials::keep_time() {
  while (!stopping_) {
    co_await clock_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!stopping_) end_overdue();
  }
}

bool unit_credentials::accept_waiting() {
  for (int count = 0; count < accepted_at_once && has_place(); ++count) {
    unique_fd connection(
        ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (connection) {
      take(std::move(connection));
    } else if (errno == EAGAIN) {
      return true;
    } else if (errno != ECONNABORTED && errno != EINTR && errno != EPROTO) {
      int const why = errno;
      if (may_log())
        log::write(log::level::warning,
                   std::string("cannot accept units that want credentials: ") + std::strerror(why) +
                       ", trying again",
                   {{"MESSAGE_ID", message_id::not_accepting}, {"ERRNO", std::to_string(why)}});
      return false;
    }
  }
  return true;
}

void unit_credentials::take(unique_fd connection) {
  auto const who = ipc::peer_of(connection.get());
  bool const is_trusted = who && (who->uid == 0 || who->uid == how_.own_uid);
  auto const asked = parse_credential_request(peer_name(connection.get()));
  if (!is_trusted || !asked) {
    ++figures_.refused;
    if (may_log())
      log::write(log::level::warning,
                 "refused a credential to uid " + (who ? std::to_string(who->uid) : "?") +
                     (is_trusted ? ", which does not ask as the service manager does"
                                 : ", which is not the service manager"),
                 {{"MESSAGE_ID", message_id::credential_refused}});
    return;
  }
  if (asked->unit == how_.own_unit)
    return refuse(*asked,
                  {.code = errc::denied,
                   .message = "the service cannot wait for itself; remove it from its unit"});
  auto const number = next_++;
  waiting_.emplace(
      number, waiting{std::move(connection), *asked, clock::now() + how_.bounds.credential_time});
  set_clock();
  ask_(*asked,
       [this, number, alive = std::weak_ptr<bool>(alive_)](result<std::string> const& value) {
         if (!alive.expired()) finish(number, value);
       });
}

void unit_credentials::finish(std::uint64_t number, result<std::string> const& value) {
  auto const found = waiting_.extract(number);
  if (found.empty()) return; // its time has passed
  auto const& one = found.mapped();
  pause_.cancel();
  set_clock();
  if (!value) return refuse(one.asked, value.error());
  if (auto const sent = send_whole(one.connection.get(), *value); !sent)
    return refuse(one.asked, sent.error());
  ++figures_.served;
  log::write(log::level::info, "unit '" + one_line(one.asked.unit) + "' got the credential '" +
                                   one_line(one.asked.credential) + "'");
}

void unit_credentials::refuse(credential_request const& asked, error const& why) {
  ++figures_.refused;
  log::write(
      log::level::warning,
      "unit '" + one_line(asked.unit) + "' gets no credential '" + one_line(asked.credential) +
          "': " + why.message,
      {{"MESSAGE_ID", message_id::credential_refused}, {"CFGD_KEY", one_line(asked.credential)}});
}

void unit_credentials::end_overdue() {
  auto const now = clock::now();
  std::vector<std::uint64_t> ended;
  for (auto const& [number, one] : waiting_)
    if (one.until <= now) ended.push_back(number);
  for (auto const number : ended)
    finish(number, error{.code = errc::closed, .message = "the store does not answer"});
  set_clock();
}

void unit_credentials::set_clock() {
  // All have the same time, so the oldest is the first.
  auto const next = waiting_.empty() ? time::max() : waiting_.begin()->second.until;
  if (next != clock_.expiry()) clock_.expires_at(next);
}

bool unit_credentials::may_log() {
  auto const now = clock::now();
  if (now < quiet_until_) return false;
  quiet_until_ = now + warning_pause;
  return true;
}

} // namespace cfgd
