/// The asynchronous client.
///
/// Decisions are the blocking client's; what is different is waiting. Every wait is for the socket
/// or for a timer, whichever comes first, and after every wait two questions are asked: did close()
/// happen meanwhile (`epoch_` moved), and is time up.
///
/// Replies belong to calls by their order, so one operation at a time owns the connection: it holds
/// the `turn`. A turn that ends without having been marked clean, because of a failure or because
/// its coroutine was cancelled in the middle, closes the socket: the order of replies is lost.
///
/// Reading and writing are tried first and waited for only if the kernel says EAGAIN.

#include "client/async_connection.hpp"

#include "client/address.hpp"
#include "client/detail/decode.hpp"
#include "client/detail/decode_later.hpp"
#include "client/detail/failures.hpp"
#include "client/detail/socket.hpp"
#include "ipc/framing.hpp"
#include "ipc/message.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <utility>

namespace asio = boost::asio;

namespace cfgd::client {
namespace {

using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using unix_socket = asio::local::stream_protocol::socket;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr json::read_limits reply_bounds{.depth = 256, .elements = 4'000'000};

enum class waited : std::uint8_t { ready, expired, aborted };

time_point end_of(std::chrono::milliseconds limit) {
  return limit.count() > 0 ? clock::now() + limit : time_point::max();
}

} // namespace

struct async_connection::impl {
  /// The right to use the connection. Waits in a queue until it is granted.
  class turn {
   public:
    explicit turn(impl& owner) : owner_(owner), wake_(owner.executor_) {}
    ~turn() {
      if (queued_) owner_.queue_.remove(this);
      if (!granted_) return;
      if (!clean_) owner_.shut();
      owner_.pass_on();
    }
    turn(turn const&) = delete;
    turn& operator=(turn const&) = delete;

    void mark_clean() { clean_ = true; }

   private:
    friend struct impl;
    impl& owner_;
    asio::steady_timer wake_;
    bool queued_ = false;
    bool granted_ = false;
    bool clean_ = false;
  };

  impl(asio::any_io_executor executor, std::string address, std::chrono::milliseconds limit)
      : executor_(std::move(executor)), address_(std::move(address)), time_limit_(limit),
        socket_(executor_) {}

  void shut() {
    boost::system::error_code ignored; // closing a Unix socket has nothing to tell
    socket_.close(ignored);
    incoming_ = ipc::frame_reader(detail::maximum_reply_bytes);
  }

  void close() {
    ++epoch_;
    shut();
    for (turn* const waiting : queue_)
      waiting->wake_.cancel();
    stream_.reset();
  }

  void pass_on() {
    busy_ = !queue_.empty();
    if (!busy_) return;
    turn& next = *queue_.front();
    queue_.pop_front();
    next.queued_ = false;
    next.granted_ = true;
    next.wake_.cancel();
  }

  asio::awaitable<result<void>> take(turn& mine, time_point end) {
    auto const epoch = epoch_;
    if (!busy_) {
      busy_ = mine.granted_ = true;
      co_return result<void>();
    }
    queue_.push_back(&mine);
    mine.queued_ = true;
    mine.wake_.expires_at(end);
    co_await mine.wake_.async_wait(as_result);
    if (epoch != epoch_) co_return detail::closed("the connection was closed");
    if (!mine.granted_) co_return detail::timed_out();
    co_return result<void>();
  }

  asio::awaitable<waited> wait(unix_socket::wait_type what, time_point end) {
    auto const epoch = epoch_;
    if (end == time_point::max()) {
      co_await socket_.async_wait(what, as_result);
    } else {
      asio::steady_timer timer(executor_, end);
      auto ready = socket_.async_wait(what, as_result);
      auto expired = timer.async_wait(as_result);
      using namespace asio::experimental::awaitable_operators;
      auto const first = co_await (std::move(ready) || std::move(expired));
      if (epoch == epoch_ && first.index() == 1) co_return waited::expired;
    }
    co_return epoch == epoch_ ? waited::ready : waited::aborted;
  }

  static call_error why(waited outcome) {
    return outcome == waited::expired ? detail::timed_out()
                                      : detail::closed("the connection was closed");
  }

  asio::awaitable<result<void>> ensure_connected(time_point end) {
    if (socket_.is_open()) co_return result<void>();
    auto const path = socket_path(address_);
    if (!path) co_return path.error();
    int const made = detail::open_socket();
    if (made < 0) co_return detail::unreachable(*path, detail::errno_text(errno));
    socket_.assign(asio::local::stream_protocol(), made);

    auto const epoch = epoch_;
    for (;;) {
      int const failed = detail::try_connect(made, *path);
      if (failed == 0) co_return result<void>();
      if (failed != EAGAIN) co_return detail::unreachable(*path, detail::errno_text(failed));
      if (clock::now() >= end) co_return detail::timed_out();
      asio::steady_timer retry(executor_, std::chrono::milliseconds(detail::backlog_retry_ms));
      co_await retry.async_wait(as_result);
      if (epoch != epoch_) co_return detail::closed("the connection was closed");
    }
  }

  asio::awaitable<result<void>> send(std::string message, time_point end) {
    std::size_t sent = 0;
    while (sent < message.size()) {
      ssize_t const now = ::send(socket_.native_handle(), message.data() + sent,
                                 message.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (now >= 0) {
        sent += static_cast<std::size_t>(now);
      } else if (errno == EAGAIN) {
        auto const outcome = co_await wait(unix_socket::wait_write, end);
        if (outcome != waited::ready) co_return why(outcome);
      } else if (errno == EPIPE || errno == ECONNRESET) {
        break; // an answer may lie there; if not, reading finds the end
      } else if (errno != EINTR) {
        co_return detail::closed(detail::errno_text(errno));
      }
    }
    co_return result<void>();
  }

  /// One read into incoming_: true if it brought bytes, false if there were none.
  result<bool> read_once() {
    auto const room = incoming_.prepare(detail::read_bytes);
    ssize_t const got = ::recv(socket_.native_handle(), room.data(), room.size(), MSG_DONTWAIT);
    if (got > 0) {
      incoming_.commit(static_cast<std::size_t>(got));
      return true;
    }
    if (got == 0) return detail::closed("the service closed the connection");
    if (errno != EAGAIN && errno != EINTR) return detail::closed(detail::errno_text(errno));
    return false;
  }

  asio::awaitable<result<ipc::reply_message>> receive(time_point end) {
    for (;;) {
      if (auto const text = incoming_.next()) {
        auto reply = ipc::parse_reply(*text, reply_bounds);
        if (!reply) co_return detail::protocol(reply.error().message);
        co_return std::move(*reply);
      }
      if (incoming_.too_large()) co_return detail::protocol("it is too large");
      auto const got = read_once();
      if (!got) co_return got.error();
      if (*got) continue;
      auto const outcome = co_await wait(unix_socket::wait_read, end);
      if (outcome != waited::ready) co_return why(outcome);
    }
  }

  /// Connects if need be and sends a call.
  asio::awaitable<result<void>> start(std::string message, time_point end) {
    auto connected = co_await ensure_connected(end);
    if (!connected) co_return connected;
    auto sent = co_await send(std::move(message), end);
    co_return sent;
  }

  asio::awaitable<result<boost::json::object>> exchange(std::string message) {
    auto const end = end_of(time_limit_);
    turn mine(*this);
    auto const granted = co_await take(mine, end);
    if (!granted) co_return granted.error();
    auto const started = co_await start(std::move(message), end);
    if (!started) co_return started.error();
    auto reply = co_await receive(end);
    if (!reply) co_return std::move(reply).error();
    if (reply->continues) co_return detail::protocol("it announces more than was asked for");
    mine.mark_clean();
    if (!reply->error.empty()) {
      co_return detail::refused(std::move(reply->error), std::move(reply->parameters));
    }
    co_return std::move(reply->parameters);
  }

  asio::awaitable<result<void>> connect() {
    auto const end = end_of(time_limit_);
    turn mine(*this);
    auto granted = co_await take(mine, end);
    if (!granted) co_return granted;
    auto connected = co_await ensure_connected(end);
    if (connected) mine.mark_clean();
    co_return connected;
  }

  asio::awaitable<result<void>> begin(std::string message) {
    auto const end = end_of(time_limit_);
    auto mine = std::make_unique<turn>(*this);
    auto const granted = co_await take(*mine, end);
    if (!granted) co_return granted;
    auto const started = co_await start(std::move(message), end);
    if (!started) co_return started;
    stream_ = std::move(mine);
    stream_ended_ = false;
    co_return result<void>();
  }

  asio::awaitable<result<std::optional<boost::json::object>>>
  next_reply(std::chrono::milliseconds limit) {
    using reply_or_end = std::optional<boost::json::object>;
    if (stream_ == nullptr) {
      if (std::exchange(stream_ended_, false)) co_return reply_or_end();
      co_return detail::closed("no stream is under way");
    }
    auto const epoch = epoch_;
    auto reply = co_await receive(end_of(limit));
    if (epoch != epoch_) co_return detail::closed("the connection was closed");
    if (!reply) {
      stream_.reset();
      co_return std::move(reply).error();
    }
    if (!reply->continues) {
      stream_->mark_clean();
      stream_.reset();
      stream_ended_ = reply->error.empty();
    }
    if (!reply->error.empty()) {
      co_return detail::refused(std::move(reply->error), std::move(reply->parameters));
    }
    co_return reply_or_end(std::move(reply->parameters));
  }

  asio::any_io_executor executor_;
  std::string address_;
  std::chrono::milliseconds time_limit_;
  unix_socket socket_;
  ipc::frame_reader incoming_{detail::maximum_reply_bytes};
  unsigned epoch_ = 0; ///< counts close()
  bool busy_ = false;  ///< somebody has the turn
  bool stream_ended_ = false;
  std::list<turn*> queue_;
  std::unique_ptr<turn> stream_; ///< the turn of what begin() started; before queue_ dies
};

namespace {

std::string call_text(std::string_view method, std::string_view parameters, ipc::call_kind kind) {
  std::string out;
  ipc::append_call(out, method, parameters, kind);
  return out;
}

asio::awaitable<result<std::optional<boost::json::value>>>
only_value(asio::awaitable<result<snapshot>> reading) {
  using value_or_none = std::optional<boost::json::value>;
  auto found = co_await std::move(reading);
  if (!found) co_return std::move(found).error();
  if (found->values.empty()) co_return value_or_none();
  co_return value_or_none(std::move(found->values.begin()->value()));
}

} // namespace

async_connection::async_connection(asio::any_io_executor executor, std::string address,
                                   std::chrono::milliseconds time_limit)
    : impl_(std::make_unique<impl>(std::move(executor), std::move(address), time_limit)) {}

async_connection::~async_connection() = default;

asio::awaitable<result<void>> async_connection::connect() { return impl_->connect(); }

asio::awaitable<result<boost::json::object>>
async_connection::call(std::string_view method, boost::json::object const& parameters) {
  return impl_->exchange(
      call_text(method, detail::encode_object(parameters), ipc::call_kind::plain));
}

asio::awaitable<result<snapshot>> async_connection::get(std::vector<std::string> const& keys) {
  return detail::decoded_later<snapshot>(
      impl_->exchange(
          call_text("io.cfgd.Config.Get", detail::encode_keys(keys), ipc::call_kind::plain)),
      detail::decode_snapshot);
}

asio::awaitable<result<std::optional<boost::json::value>>>
async_connection::get_value(std::string_view key) {
  return only_value(get({std::string(key)}));
}

asio::awaitable<result<commit>> async_connection::set(transaction const& what) {
  return detail::decoded_later<commit>(
      impl_->exchange(
          call_text("io.cfgd.Config.Set", detail::encode_transaction(what), ipc::call_kind::plain)),
      detail::decode_commit);
}

asio::awaitable<result<void>> async_connection::begin(std::string_view method,
                                                      boost::json::object const& parameters) {
  return impl_->begin(call_text(method, detail::encode_object(parameters), ipc::call_kind::more));
}

asio::awaitable<result<std::optional<boost::json::object>>>
async_connection::next_reply(std::chrono::milliseconds limit) {
  return impl_->next_reply(limit);
}

std::chrono::milliseconds async_connection::time_limit() const { return impl_->time_limit_; }

bool async_connection::is_open() const { return impl_->socket_.is_open(); }

void async_connection::close() { impl_->close(); }

} // namespace cfgd::client
