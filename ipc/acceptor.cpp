#include "ipc/acceptor.hpp"

#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "ipc/interface_table.hpp"
#include "ipc/message.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <tuple>

// accept(2) fails for reasons that pass: a client that has left, no memory, no descriptors. None of
// them ends the loop, only stop() does.
//
// Without descriptors the listening socket stays readable, and a loop that just tried again would
// burn a processor. So it waits 100 ms; and as long as it lasts, one waiting client at a time is
// refused with the reason, on a descriptor that is reserved for this.
//
// It should not come to that: connections wait in the backlog when few descriptors are left, so
// that clients cannot take those that the service needs to read a file, and those for whom another
// socket has a smaller reserve. The kernel gives out the lowest free number, so a connection that
// gets a number below the reserve leaves all of the reserve's numbers to others.

namespace cfgd::ipc {

namespace {

namespace asio = boost::asio;

constexpr auto back_off = std::chrono::milliseconds(100);
/// Who connects as fast as it can must not keep those waiting who have a connection.
constexpr auto longest_turn = std::chrono::microseconds(30);
constexpr auto warning_pause = std::chrono::seconds(10);

/// Since Linux 6.16: whether descriptors may be sent to us. Accepted sockets inherit it.
constexpr int so_passrights = 83;

unique_fd open_spare() { return unique_fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool means_are_short(int why) {
  return why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM;
}

error protocol_error(char const* message) {
  error failure;
  failure.code = errc::protocol;
  failure.message = message;
  return failure;
}

/// An integer option of a socket, or -1.
int option_of(int socket, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(socket, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

} // namespace

result<socket_kind> kind_of_socket(int number) {
  if (option_of(number, SO_DOMAIN) != AF_UNIX || option_of(number, SO_TYPE) != SOCK_STREAM)
    return protocol_error("a passed descriptor is no Unix stream socket");
  auto const flags = ::fcntl(number, F_GETFL);
  if (flags < 0 || ::fcntl(number, F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::fcntl(number, F_SETFD, FD_CLOEXEC) != 0)
    return protocol_error("a passed descriptor cannot be made non-blocking");
  return option_of(number, SO_ACCEPTCONN) == 1 ? socket_kind::listening : socket_kind::connected;
}

acceptor::acceptor(asio::any_io_executor const& loop, unique_fd socket, options how,
                   std::function<void(unique_fd)> accepted)
    : socket_(loop), pause_(loop), how_(how), accepted_(std::move(accepted)), spare_(open_spare()) {
  int const no = 0; // older kernels do not know the option: we never receive descriptors anyway
  (void)::setsockopt(socket.get(), SOL_SOCKET, so_passrights, &no, sizeof no);
  socket_.assign(asio::local::stream_protocol(), socket.get());
  std::ignore = socket.release();
}

asio::awaitable<void> acceptor::run(std::function<void()> first) {
  while (!stopping_) {
    auto [failed] = co_await socket_.async_wait(asio::socket_base::wait_read,
                                                asio::as_tuple(asio::use_awaitable));
    if (stopping_) break;
    if (first) first();
    if (!failed && accept_waiting() == outcome::go_on) continue;
    pause_.expires_after(back_off);
    co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

void acceptor::stop() {
  stopping_ = true;
  boost::system::error_code ignored; // the descriptor is gone in any case
  socket_.close(ignored);
  pause_.cancel();
}

void acceptor::take_waiting() {
  if (!stopping_) std::ignore = accept_waiting();
}

acceptor::outcome acceptor::accept_waiting() {
  auto const end = std::chrono::steady_clock::now() + longest_turn;
  for (std::size_t count = 0; count < how_.at_once && !stopping_; ++count) {
    if (count > 0 && std::chrono::steady_clock::now() >= end) break;
    if (auto const kept = kept_descriptors(); kept > 0) {
      warn_rarely(std::to_string(kept) + " descriptors are kept for files and administrators",
                  EMFILE);
      return outcome::out_of_means;
    }
    unique_fd connection(
        ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (connection) {
      accepted_(std::move(connection));
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != ECONNABORTED && errno != EINTR && errno != EPROTO) {
      out_of_means(errno);
      return outcome::out_of_means;
    }
  }
  return outcome::go_on;
}

std::size_t acceptor::kept_descriptors() {
  if (how_.reserved_descriptors == 0) return 0;
  rlimit allowed{};
  ::getrlimit(RLIMIT_NOFILE, &allowed);
  auto const all = static_cast<std::size_t>(allowed.rlim_cur);
  auto const kept = std::min(how_.reserved_descriptors, all / how_.reserve_divisor);
  // The lowest free number is known only by taking it.
  unique_fd const next(::fcntl(socket_.native_handle(), F_DUPFD_CLOEXEC, 0));
  bool const some_left = next && static_cast<std::size_t>(next.get()) + kept < all;
  return some_left ? 0 : kept;
}

void acceptor::warn_rarely(std::string const& reason, int why) {
  auto const now = std::chrono::steady_clock::now();
  if (now < quiet_until_) return;
  quiet_until_ = now + warning_pause;
  log::write(log::level::warning, "cannot accept connections: " + reason + ", trying again",
             {{"MESSAGE_ID", message_id::not_accepting}, {"ERRNO", std::to_string(why)}});
}

void acceptor::out_of_means(int why) {
  warn_rarely(std::strerror(why), why);
  if (means_are_short(why)) shed();
}

void acceptor::shed() {
  spare_.reset();
  if (unique_fd const refused(
          ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      refused) {
    rlimit allowed{};
    ::getrlimit(RLIMIT_NOFILE, &allowed);
    std::string message;
    append_error(message, limit_exceeded,
                 limit_parameters("descriptors", allowed.rlim_cur, allowed.rlim_cur));
    (void)::send(refused.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  spare_ = open_spare();
}

} // namespace cfgd::ipc
