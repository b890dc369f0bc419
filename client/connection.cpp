/// The blocking driver: every wait is a poll(2) with the time that is left until the deadline of
/// the operation. So no peer can block the caller for ever, neither one that does not read nor one
/// that sends a byte now and then.

#include "client/connection.hpp"

#include "client/address.hpp"
#include "client/detail/driver_access.hpp"
#include "client/detail/exchange.hpp"
#include "client/detail/failures.hpp"
#include "client/detail/methods.hpp"
#include "client/detail/socket.hpp"
#include "client/detail/wire.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

namespace cfgd::client {
namespace {

using detail::action;
using detail::deadline_after;
using detail::exchange;

/// For poll(2), in milliseconds: -1 for ever, 0 over.
int left_until(exchange::clock::time_point end) {
  if (end == exchange::clock::time_point::max()) return -1;
  auto const left =
      std::chrono::ceil<std::chrono::milliseconds>(end - exchange::clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, std::numeric_limits<int>::max()));
}

/// Waits for what `needed` says. False: the deadline came first.
bool wait_for(action needed, int descriptor, exchange::clock::time_point end) {
  for (;;) {
    int const left = left_until(end);
    if (needed == action::wait_backlog) {
      if (left == 0) return false;
      constexpr int retry = static_cast<int>(detail::backlog_retry.count());
      ::poll(nullptr, 0, left < 0 ? retry : std::min(left, retry));
      return true;
    }
    short const events = needed == action::wait_writable ? POLLOUT : POLLIN;
    pollfd what{.fd = descriptor, .events = events, .revents = 0};
    int const ready = ::poll(&what, 1, left);
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

} // namespace

struct connection::impl {
  explicit impl(std::chrono::milliseconds limit) : time_limit(limit) {}
  ~impl() { close(); }
  impl(impl const&) = delete;
  impl& operator=(impl const&) = delete;

  void close() {
    if (socket >= 0) ::close(socket);
    socket = -1;
  }

  /// Runs what was begun to its end.
  result<detail::reply> run() {
    for (;;) {
      action const needed = detail::advance(line, socket);
      if (needed == action::done) break;
      if (wait_for(needed, socket, line.deadline())) {
        line.on_ready();
      } else {
        line.on_timeout();
      }
    }
    if (line.broken()) close();
    return line.take();
  }

  result<void> connect(std::string path) {
    socket = detail::open_socket();
    if (socket < 0) return detail::unreachable(path, detail::errno_text(errno));
    line.connect(std::move(path), deadline_after(time_limit));
    auto made = run();
    if (!made) return std::move(made).error();
    return {};
  }

  /// Closes the connection if `work` throws: what was left of it would be taken for the reply of
  /// the next call.
  template <class Work>
  auto exchanging(Work const& work) -> decltype(work()) {
    try {
      return work();
    } catch (...) {
      close();
      throw;
    }
  }

  result<detail::reply> call(std::string_view method, std::string_view parameters,
                             ipc::call_kind kind) {
    return exchanging([&] { return begin(method, parameters, kind); });
  }

  result<void> call_more(std::string_view method, std::string_view parameters,
                         std::function<step(boost::json::object&)> const& on_reply) {
    return exchanging([&] { return take_replies(method, parameters, on_reply); });
  }

  result<detail::reply> begin(std::string_view method, std::string_view parameters,
                              ipc::call_kind kind) {
    if (socket < 0) return detail::closed("the connection is closed");
    line.call(method, parameters, kind, deadline_after(time_limit));
    return run();
  }

  result<void> take_replies(std::string_view method, std::string_view parameters,
                            std::function<step(boost::json::object&)> const& on_reply) {
    auto reply = begin(method, parameters, ipc::call_kind::more);
    while (reply) {
      step const wanted = on_reply(reply->parameters);
      if (!reply->continues) return {};
      if (wanted == step::stop) {
        close();
        return {};
      }
      line.next_reply(deadline_after(time_limit));
      reply = run();
    }
    return std::move(reply).error();
  }

  int socket = -1;
  exchange line;
  std::chrono::milliseconds time_limit;
};

connection::connection(std::unique_ptr<impl> made) : impl_(std::move(made)) {}
connection::connection(connection&& other) noexcept = default;
connection& connection::operator=(connection&& other) noexcept = default;
connection::~connection() = default;

result<connection> connection::connect(std::string_view address,
                                       std::chrono::milliseconds time_limit) {
  auto path = socket_path(address);
  if (!path) return path.error();
  if (auto first = administrators_socket(*path); !first.empty()) {
    auto preferred = std::make_unique<impl>(time_limit);
    if (preferred->connect(std::move(first))) return connection(std::move(preferred));
  }
  auto made = std::make_unique<impl>(time_limit);
  if (auto done = made->connect(std::move(*path)); !done) return std::move(done).error();
  return connection(std::move(made));
}

void connection::set_time_limit(std::chrono::milliseconds time_limit) {
  impl_->time_limit = time_limit;
}

std::chrono::milliseconds connection::time_limit() const { return impl_->time_limit; }

bool connection::is_open() const { return impl_->socket >= 0; }

result<boost::json::object> connection::call(std::string_view method,
                                             boost::json::object const& parameters) {
  return detail::driver_access::call(*this, method, detail::parameters_text(parameters));
}

result<void> connection::call_oneway(std::string_view method,
                                     boost::json::object const& parameters) {
  auto sent = impl_->call(method, detail::parameters_text(parameters), ipc::call_kind::oneway);
  if (!sent) return std::move(sent).error();
  return {};
}

result<void>
connection::call_more(std::string_view method, boost::json::object const& parameters,
                      std::function<step(boost::json::object& parameters)> const& on_reply) {
  return impl_->call_more(method, detail::parameters_text(parameters), on_reply);
}

result<edit_outcome>
connection::begin_edit(std::optional<std::chrono::seconds> time,
                       std::function<step(std::string const& deadline)> const& on_begun) {
  constexpr auto const& method = detail::methods::begin_edit;
  result<edit_outcome> outcome = detail::closed("the edit was abandoned");
  bool begun = false;
  auto const limit = time_limit();
  auto const take = [&](boost::json::object& reply) {
    if (begun) {
      outcome = detail::decode<edit_outcome>(method.name, std::move(reply));
      return step::stop;
    }
    auto first = detail::decode<detail::deadline_reply>(method.name, std::move(reply));
    if (!first) {
      outcome = std::move(first).error();
      return step::stop;
    }
    begun = true;
    set_time_limit(std::chrono::milliseconds(0));
    return on_begun(first->deadline);
  };
  auto done = impl_->call_more(method.name, detail::encode(detail::edit_request{time}), take);
  set_time_limit(limit);
  if (!done) return std::move(done).error();
  return outcome;
}

result<void>
connection::watch_health(std::function<step(health_report const& report)> const& on_report) {
  constexpr auto const& method = detail::methods::watch_health;
  result<void> outcome = detail::closed("the service ended the watch");
  auto const limit = time_limit();
  auto const take = [&](boost::json::object& reply) {
    auto const report = detail::decode<health_report>(method.name, std::move(reply));
    if (!report) {
      outcome = report.error();
      return step::stop;
    }
    // A check may keep its status for as long as it likes.
    set_time_limit(std::chrono::milliseconds(0));
    step const wanted = on_report(*report);
    if (wanted == step::stop) outcome = result<void>();
    return wanted;
  };
  auto done = impl_->call_more(method.name, {}, take);
  set_time_limit(limit);
  return done ? outcome : done;
}

namespace detail {

result<boost::json::object> driver_access::call(connection& on, std::string_view method,
                                                std::string_view parameters) {
  auto answer = on.impl_->call(method, parameters, ipc::call_kind::plain);
  if (!answer) return std::move(answer).error();
  return std::move(answer->parameters);
}

result<void> driver_access::call_parts(connection& on, std::string_view method,
                                       std::string_view parameters, take_part const& take) {
  result<void> outcome;
  auto const take_reply = [&](boost::json::object& part) {
    outcome = take(std::move(part));
    return outcome ? step::more : step::stop;
  };
  auto done = on.impl_->call_more(method, parameters, take_reply);
  return done ? outcome : done;
}

} // namespace detail
} // namespace cfgd::client
