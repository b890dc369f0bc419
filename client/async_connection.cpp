/// The Asio driver. Every wait is for the socket or for a timer, whichever comes first, and after
/// every wait there are two questions: was close() called meanwhile (`epoch_` moved), and is the
/// deadline over.
///
/// Replies belong to calls by their order, so one operation at a time owns the connection: it holds
/// the `turn`. A turn that ends without having been marked clean, because of a failure or because
/// its coroutine was cancelled, closes the socket: the order of replies is lost.
///
/// Public functions that have arguments are not coroutines: they read their arguments before they
/// return.

#include "client/async_connection.hpp"

#include "client/address.hpp"
#include "client/detail/driver_access.hpp"
#include "client/detail/exchange.hpp"
#include "client/detail/failures.hpp"
#include "client/detail/methods.hpp"
#include "client/detail/socket.hpp"
#include "client/detail/wire.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <cstdint>
#include <list>
#include <utility>

namespace asio = boost::asio;

namespace cfgd::client {
namespace {

using detail::action;
using detail::deadline_after;
using detail::exchange;
using time_point = exchange::clock::time_point;
using unix_socket = asio::local::stream_protocol::socket;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

enum class run_until : std::uint8_t {
  sent, ///< or done, if that comes first
  done,
};

enum class stream_state : std::uint8_t { none, begun, answered, ended };

struct outgoing_call {
  std::string method;
  std::string parameters; ///< the text of an object, or empty
  ipc::call_kind kind = ipc::call_kind::plain;
};

/// Whether the order of replies is known after it.
bool keeps_connection(result<detail::reply> const& answer) {
  return answer || answer.error().kind == failure::refused;
}

call_error closed_meanwhile() { return detail::closed("the connection was closed"); }

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
    boost::system::error_code ignored; // the descriptor is gone in any case
    socket_.close(ignored);
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

  awaitable_result<void> take(turn& mine, time_point end) {
    auto const epoch = epoch_;
    if (!busy_) {
      busy_ = mine.granted_ = true;
      co_return result<void>();
    }
    queue_.push_back(&mine);
    mine.queued_ = true;
    mine.wake_.expires_at(end);
    co_await mine.wake_.async_wait(as_result);
    if (epoch != epoch_) co_return closed_meanwhile();
    if (!mine.granted_) co_return detail::timed_out();
    co_return result<void>();
  }

  /// Waits for what `needed` says. False: the deadline came first.
  asio::awaitable<bool> wait_for(action needed, time_point end) {
    if (needed == action::wait_backlog) {
      if (exchange::clock::now() >= end) co_return false;
      asio::steady_timer retry(executor_, detail::backlog_retry);
      co_await retry.async_wait(as_result);
      co_return true;
    }
    auto what = unix_socket::wait_read;
    if (needed == action::wait_writable) what = unix_socket::wait_write;
    if (end == time_point::max()) {
      co_await socket_.async_wait(what, as_result);
      co_return true;
    }
    asio::steady_timer timer(executor_, end);
    auto ready = socket_.async_wait(what, as_result);
    auto expired = timer.async_wait(as_result);
    using namespace asio::experimental::awaitable_operators;
    auto const first = co_await (std::move(ready) || std::move(expired));
    co_return first.index() == 0;
  }

  /// Runs what was begun until `end`.
  awaitable_result<detail::reply> run(run_until end) {
    auto const epoch = epoch_;
    for (;;) {
      action const needed = detail::advance(line_, socket_.native_handle());
      if (needed == action::done) co_return line_.take();
      if (needed == action::wait_readable && end == run_until::sent) {
        co_return detail::reply();
      }
      bool const ready = co_await wait_for(needed, line_.deadline());
      if (epoch != epoch_) co_return closed_meanwhile();
      if (ready) {
        line_.on_ready();
      } else {
        line_.on_timeout();
      }
    }
  }

  awaitable_result<void> ensure_connected(time_point end) {
    if (socket_.is_open()) co_return result<void>();
    auto path = socket_path(address_);
    if (!path) co_return path.error();
    if (auto first = administrators_socket(*path); !first.empty()) {
      auto const epoch = epoch_;
      auto const preferred = co_await connect_to(std::move(first), end);
      if (preferred) co_return result<void>();
      if (epoch != epoch_) co_return closed_meanwhile();
      shut();
    }
    auto connected = co_await connect_to(std::move(*path), end);
    co_return connected;
  }

  awaitable_result<void> connect_to(std::string path, time_point end) {
    int const made = detail::open_socket();
    if (made < 0) co_return detail::unreachable(path, detail::errno_text(errno));
    socket_.assign(asio::local::stream_protocol(), made);
    line_.connect(std::move(path), end);
    auto connected = co_await run(run_until::done);
    if (!connected) co_return std::move(connected).error();
    co_return result<void>();
  }

  /// Connects if need be and sends a call; a plain one has its reply then.
  awaitable_result<detail::reply> start(turn& mine, outgoing_call what) {
    auto const end = deadline_after(time_limit_);
    auto const granted = co_await take(mine, end);
    if (!granted) co_return granted.error();
    auto const connected = co_await ensure_connected(end);
    if (!connected) co_return connected.error();
    line_.call(what.method, what.parameters, what.kind, end);
    auto until = run_until::done;
    if (what.kind == ipc::call_kind::more) until = run_until::sent;
    auto answer = co_await run(until);
    co_return answer;
  }

  awaitable_result<boost::json::object> call(outgoing_call what) {
    turn mine(*this);
    auto answer = co_await start(mine, std::move(what));
    if (keeps_connection(answer)) mine.mark_clean();
    if (!answer) co_return std::move(answer).error();
    co_return std::move(answer->parameters);
  }

  awaitable_result<void> connect() {
    auto const end = deadline_after(time_limit_);
    turn mine(*this);
    auto granted = co_await take(mine, end);
    if (!granted) co_return granted;
    auto connected = co_await ensure_connected(end);
    if (connected) mine.mark_clean();
    co_return connected;
  }

  awaitable_result<void> begin(outgoing_call what) {
    auto mine = std::make_unique<turn>(*this);
    auto const started = co_await start(*mine, std::move(what));
    if (!started) co_return started.error();
    stream_ = std::move(mine);
    stream_state_ = stream_state::begun;
    co_return result<void>();
  }

  awaitable_result<std::optional<boost::json::object>> next_reply(std::chrono::milliseconds limit) {
    using reply_or_end = std::optional<boost::json::object>;
    if (stream_ == nullptr) {
      auto const state = std::exchange(stream_state_, stream_state::none);
      if (state == stream_state::ended) co_return reply_or_end();
      co_return detail::closed("no stream is open");
    }
    if (std::exchange(stream_state_, stream_state::answered) == stream_state::begun) {
      line_.set_deadline(deadline_after(limit));
    } else {
      line_.next_reply(deadline_after(limit));
    }
    auto const epoch = epoch_;
    auto answer = co_await run(run_until::done);
    if (epoch != epoch_) co_return closed_meanwhile();
    if (!answer || !answer->continues) {
      if (keeps_connection(answer)) stream_->mark_clean();
      stream_.reset();
      stream_state_ = answer ? stream_state::ended : stream_state::none;
    }
    if (!answer) co_return std::move(answer).error();
    co_return reply_or_end(std::move(answer->parameters));
  }

  asio::any_io_executor executor_;
  std::string address_;
  std::chrono::milliseconds time_limit_;
  unix_socket socket_;
  exchange line_;
  unsigned epoch_ = 0; ///< counts close()
  bool busy_ = false;  ///< an operation has the turn
  stream_state stream_state_ = stream_state::none;
  std::list<turn*> queue_;
  std::unique_ptr<turn> stream_; ///< the turn of what begin() started; before queue_ dies
};

namespace {

/// The first reply of an edit, when `beginning` has sent the call.
awaitable_result<std::string> first_deadline(async_connection& service,
                                             awaitable_result<void> beginning) {
  auto const begun = co_await std::move(beginning);
  if (!begun) co_return begun.error();
  auto reply = co_await service.next_reply(service.time_limit());
  if (!reply) co_return std::move(reply).error();
  if (!*reply) co_return detail::closed("the service did not begin an edit");
  auto first =
      detail::decode<detail::deadline_reply>(detail::methods::begin_edit.name, std::move(**reply));
  if (!first) co_return std::move(first).error();
  co_return std::move(first->deadline);
}

} // namespace

async_connection::async_connection(asio::any_io_executor executor, std::string address,
                                   std::chrono::milliseconds time_limit)
    : impl_(std::make_unique<impl>(std::move(executor), std::move(address), time_limit)) {}

async_connection::~async_connection() = default;

awaitable_result<void> async_connection::connect() { return impl_->connect(); }

awaitable_result<boost::json::object>
async_connection::call(std::string_view method, boost::json::object const& parameters) {
  return detail::driver_access::call(*this, method, detail::parameters_text(parameters));
}

awaitable_result<boost::json::object> async_connection::call(std::string_view method) {
  return call(method, {});
}

awaitable_result<void> async_connection::begin(std::string_view method,
                                               boost::json::object const& parameters) {
  return detail::driver_access::begin(*this, method, detail::parameters_text(parameters));
}

awaitable_result<void> async_connection::begin(std::string_view method) {
  return begin(method, {});
}

awaitable_result<std::optional<boost::json::object>>
async_connection::next_reply(std::chrono::milliseconds limit) {
  return impl_->next_reply(limit);
}

awaitable_result<std::string>
async_connection::begin_edit(std::optional<std::chrono::seconds> time) {
  return first_deadline(*this,
                        detail::driver_access::begin(*this, detail::methods::begin_edit.name,
                                                     detail::encode(detail::edit_request{time})));
}

awaitable_result<edit_outcome> async_connection::await_edit() {
  auto last = co_await next_reply(std::chrono::milliseconds(0));
  if (!last) co_return std::move(last).error();
  if (!*last) co_return detail::closed("the edit has no outcome");
  co_return detail::decode<edit_outcome>(detail::methods::begin_edit.name, std::move(**last));
}

std::chrono::milliseconds async_connection::time_limit() const { return impl_->time_limit_; }

bool async_connection::is_open() const { return impl_->socket_.is_open(); }

void async_connection::close() { impl_->close(); }

namespace detail {

awaitable_result<boost::json::object>
driver_access::call(async_connection& on, std::string_view method, std::string_view parameters) {
  return on.impl_->call({std::string(method), std::string(parameters)});
}

awaitable_result<void> driver_access::begin(async_connection& on, std::string_view method,
                                            std::string_view parameters) {
  return on.impl_->begin({std::string(method), std::string(parameters), ipc::call_kind::more});
}

} // namespace detail
} // namespace cfgd::client
