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

#include <cerrno>
#include <cstring>
#include <tuple>

// accept(2) fails for reasons that pass: a client that has left, no memory, no descriptors. None of
// them ends the loop, only stop() does.
//
// Without descriptors the listening socket stays readable, and a loop that just tried again would
// burn a processor. So it waits 100 ms; and as long as it lasts, one waiting client at a time is
// refused with the reason, on a descriptor that is reserved for this.

namespace cfgd::ipc {

namespace {

namespace asio = boost::asio;

constexpr auto back_off = std::chrono::milliseconds(100);
constexpr auto warning_pause = std::chrono::seconds(10);
constexpr int accepted_at_once = 64;

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

acceptor::acceptor(asio::any_io_executor const& loop, unique_fd socket,
                   std::function<void(unique_fd)> accepted)
    : socket_(loop), pause_(loop), accepted_(std::move(accepted)), spare_(open_spare()) {
  int const no = 0; // older kernels do not know the option: we never receive descriptors anyway
  (void)::setsockopt(socket.get(), SOL_SOCKET, so_passrights, &no, sizeof no);
  socket_.assign(asio::local::stream_protocol(), socket.get());
  std::ignore = socket.release();
}

asio::awaitable<void> acceptor::run() {
  while (!stopping_) {
    auto [failed] = co_await socket_.async_wait(asio::socket_base::wait_read,
                                                asio::as_tuple(asio::use_awaitable));
    if (stopping_) break;
    if (!failed && accept_waiting() == outcome::none_left) continue;
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

acceptor::outcome acceptor::accept_waiting() {
  for (int count = 0; count < accepted_at_once && !stopping_; ++count) {
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
  return outcome::none_left;
}

void acceptor::out_of_means(int why) {
  auto const now = std::chrono::steady_clock::now();
  if (now >= quiet_until_) {
    quiet_until_ = now + warning_pause;
    log::write(log::level::warning,
               std::string("cannot accept connections: ") + std::strerror(why) + ", trying again",
               {{"MESSAGE_ID", message_id::not_accepting}, {"ERRNO", std::to_string(why)}});
  }
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
