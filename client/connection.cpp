/// The blocking client.
///
/// The socket is non-blocking and every wait is a poll(2) with what is left until the deadline of
/// the operation, so that no peer can hold the caller for ever: neither one that does not read, nor
/// one that sends a byte now and then.
///
/// Replies have no numbers; they belong to calls by their order. After a missed, broken or
/// abandoned reply the order is lost, so the connection is closed then, and says so from there on.
///
/// When the peer closes while a call is being written, what it sent before is still read: a service
/// that refuses an oversized call answers and closes.

#include "client/connection.hpp"

#include "client/address.hpp"
#include "client/detail/decode.hpp"
#include "client/detail/failures.hpp"
#include "client/detail/socket.hpp"
#include "ipc/framing.hpp"
#include "ipc/message.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

namespace cfgd::client {
namespace {

using detail::decoded;

using clock = std::chrono::steady_clock;

/// Replies may be larger than what a service takes; still nothing unbounded.
constexpr json::read_limits reply_bounds{.depth = 256, .elements = 4'000'000};

/// One operation's end.
class deadline {
 public:
  explicit deadline(std::chrono::milliseconds limit)
      : at_(limit.count() > 0 ? clock::now() + limit : clock::time_point::max()) {}

  /// For poll(2): -1 for ever, 0 over.
  int left_ms() const {
    if (at_ == clock::time_point::max()) return -1;
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(at_ - clock::now()).count();
    return static_cast<int>(std::clamp<decltype(left)>(left, 0, std::numeric_limits<int>::max()));
  }

 private:
  clock::time_point at_;
};

/// Whether `descriptor` became ready before the deadline.
bool wait_for(int descriptor, short events, deadline const& end) {
  for (;;) {
    pollfd what{.fd = descriptor, .events = events, .revents = 0};
    int const ready = ::poll(&what, 1, end.left_ms());
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

  call_error fail(call_error why) {
    close();
    return why;
  }

  result<void> connect(std::string const& path) {
    socket = detail::open_socket();
    if (socket < 0) return detail::unreachable(path, detail::errno_text(errno));
    deadline const end(time_limit);
    for (;;) {
      int const failed = detail::try_connect(socket, path);
      if (failed == 0) return {};
      if (failed != EAGAIN) return fail(detail::unreachable(path, detail::errno_text(failed)));
      int const left = end.left_ms();
      if (left == 0) return fail(detail::timed_out());
      // A full backlog has no descriptor that tells when it is not.
      ::poll(nullptr, 0,
             left < 0 ? detail::backlog_retry_ms : std::min(left, detail::backlog_retry_ms));
    }
  }

  result<void> send(std::string_view method, std::string_view parameters, ipc::call_kind kind,
                    deadline const& end) {
    if (socket < 0) return detail::closed("the connection is closed");
    outgoing.clear();
    ipc::append_call(outgoing, method, parameters, kind);
    std::string_view rest = outgoing;
    while (!rest.empty()) {
      ssize_t const sent = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        rest.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN) {
        if (!wait_for(socket, POLLOUT, end)) return fail(detail::timed_out());
      } else if (errno == EPIPE || errno == ECONNRESET) {
        return {}; // an answer may lie there; if not, reading finds the end
      } else if (errno != EINTR) {
        return fail(detail::closed(detail::errno_text(errno)));
      }
    }
    return {};
  }

  /// The next whole message; valid until the next call of this function.
  result<std::string_view> receive(deadline const& end) {
    if (socket < 0) return detail::closed("the connection is closed");
    for (;;) {
      if (auto const message = incoming.next()) return *message;
      if (incoming.too_large()) return fail(detail::protocol("it is too large"));
      if (!wait_for(socket, POLLIN, end)) return fail(detail::timed_out());
      auto const room = incoming.prepare(detail::read_bytes);
      ssize_t const got = ::recv(socket, room.data(), room.size(), 0);
      if (got > 0) {
        incoming.commit(static_cast<std::size_t>(got));
      } else if (got == 0) {
        return fail(detail::closed("the service closed the connection"));
      } else if (errno != EAGAIN && errno != EINTR) {
        return fail(detail::closed(detail::errno_text(errno)));
      }
    }
  }

  result<ipc::reply_message> receive_reply(deadline const& end) {
    auto const text = receive(end);
    if (!text) return text.error();
    auto reply = ipc::parse_reply(*text, reply_bounds);
    if (!reply) return fail(detail::protocol(reply.error().message));
    if (!reply->error.empty()) {
      return detail::refused(std::move(reply->error), std::move(reply->parameters));
    }
    return std::move(*reply);
  }

  result<boost::json::object> exchange(std::string_view method, std::string_view parameters) {
    deadline const end(time_limit);
    if (auto sent = send(method, parameters, ipc::call_kind::plain, end); !sent) {
      return std::move(sent).error();
    }
    auto reply = receive_reply(end);
    if (!reply) return std::move(reply).error();
    if (reply->continues) return fail(detail::protocol("it announces more than was asked for"));
    return std::move(reply->parameters);
  }

  result<void> stream(std::string_view method, std::string_view parameters,
                      std::function<step(boost::json::object&)> const& on_reply) {
    if (auto sent = send(method, parameters, ipc::call_kind::more, deadline(time_limit)); !sent) {
      return sent;
    }
    for (;;) {
      auto reply = receive_reply(deadline(time_limit));
      if (!reply) return std::move(reply).error();
      step const wanted = on_reply(reply->parameters);
      if (!reply->continues) return {};
      if (wanted == step::stop) {
        close();
        return {};
      }
    }
  }

  int socket = -1;
  ipc::frame_reader incoming{detail::maximum_reply_bytes};
  std::string outgoing;
  std::chrono::milliseconds time_limit;
};

connection::connection(std::unique_ptr<impl> made) : impl_(std::move(made)) {}
connection::connection(connection&& other) noexcept = default;
connection& connection::operator=(connection&& other) noexcept = default;
connection::~connection() = default;

result<connection> connection::connect(std::string_view address,
                                       std::chrono::milliseconds time_limit) {
  auto const path = socket_path(address);
  if (!path) return path.error();
  auto made = std::make_unique<impl>(time_limit);
  if (auto done = made->connect(*path); !done) return std::move(done).error();
  return connection(std::move(made));
}

void connection::set_time_limit(std::chrono::milliseconds time_limit) {
  impl_->time_limit = time_limit;
}

std::chrono::milliseconds connection::time_limit() const { return impl_->time_limit; }

bool connection::is_open() const { return impl_->socket >= 0; }

result<boost::json::object> connection::call(std::string_view method,
                                             boost::json::object const& parameters) {
  return impl_->exchange(method, detail::encode_object(parameters));
}

result<void> connection::call_oneway(std::string_view method,
                                     boost::json::object const& parameters) {
  return impl_->send(method, detail::encode_object(parameters), ipc::call_kind::oneway,
                     deadline(impl_->time_limit));
}

result<void>
connection::call_more(std::string_view method, boost::json::object const& parameters,
                      std::function<step(boost::json::object& parameters)> const& on_reply) {
  return impl_->stream(method, detail::encode_object(parameters), on_reply);
}

result<snapshot> connection::get(std::vector<std::string> const& keys) {
  return decoded(impl_->exchange("io.cfgd.Config.Get", detail::encode_keys(keys)),
                 detail::decode_snapshot);
}

result<std::optional<boost::json::value>> connection::get_value(std::string_view key) {
  auto found = get({std::string(key)});
  if (!found) return std::move(found).error();
  if (found->values.empty()) return std::optional<boost::json::value>();
  return std::optional<boost::json::value>(std::move(found->values.begin()->value()));
}

result<snapshot> connection::list(std::string_view prefix) {
  snapshot all;
  std::optional<call_error> bad;
  auto const take = [&](boost::json::object& parameters) {
    auto part = detail::decode_snapshot(std::move(parameters));
    if (!part) {
      bad = std::move(part).error();
      return step::stop;
    }
    all.revision = part->revision;
    if (all.values.empty()) {
      all.values = std::move(part->values);
    } else {
      for (auto& member : part->values) {
        all.values.insert_or_assign(member.key(), std::move(member.value()));
      }
    }
    return step::more;
  };
  auto done = impl_->stream("io.cfgd.Config.List", detail::encode_optional("prefix", prefix), take);
  if (bad) return std::move(*bad);
  if (!done) return std::move(done).error();
  return all;
}

result<explanation> connection::explain(std::string_view key) {
  return decoded(impl_->exchange("io.cfgd.Config.Explain", detail::encode_optional("key", key)),
                 detail::decode_explanation);
}

result<commit> connection::set(transaction const& what) {
  return decoded(impl_->exchange("io.cfgd.Config.Set", detail::encode_transaction(what)),
                 detail::decode_commit);
}

result<commit> connection::unset(std::vector<std::string> keys) {
  transaction what;
  what.unset = std::move(keys);
  return set(what);
}

result<revision_number> connection::sync() {
  return decoded(impl_->exchange("io.cfgd.Config.Sync", {}), detail::decode_revision);
}

result<service_status> connection::status() {
  return decoded(impl_->exchange("io.cfgd.Service.Status", {}), detail::decode_status);
}

result<std::vector<source_file>> connection::sources() {
  return decoded(impl_->exchange("io.cfgd.Service.Sources", {}), detail::decode_sources);
}

result<revision_number> connection::reload() {
  return decoded(impl_->exchange("io.cfgd.Service.Reload", {}), detail::decode_revision);
}

result<cache_stats> connection::cache() {
  return decoded(impl_->exchange("io.cfgd.Service.CacheStats", {}), detail::decode_cache_stats);
}

result<std::int64_t> connection::invalidate(std::string_view name_space) {
  auto reply = impl_->exchange("io.cfgd.Service.Invalidate",
                               detail::encode_optional("namespace", name_space));
  if (!reply) return std::move(reply).error();
  return detail::decode_count(std::move(*reply), "entries");
}

result<std::int64_t> connection::warm(std::string_view name_space) {
  auto reply =
      impl_->exchange("io.cfgd.Service.Warm", detail::encode_optional("namespace", name_space));
  if (!reply) return std::move(reply).error();
  return detail::decode_count(std::move(*reply), "entries");
}

result<std::vector<std::string>> connection::interfaces() {
  auto reply = impl_->exchange("org.varlink.service.GetInfo", {});
  if (!reply) return std::move(reply).error();
  return detail::decode_names(std::move(*reply), "interfaces");
}

result<std::string> connection::introspect(std::string_view interface) {
  auto reply = impl_->exchange("org.varlink.service.GetInterfaceDescription",
                               detail::encode_optional("interface", interface));
  if (!reply) return std::move(reply).error();
  return detail::decode_text(std::move(*reply), "description");
}

} // namespace cfgd::client
