#pragma once

#include "client/call_error.hpp"
#include "ipc/framing.hpp"
#include "ipc/message.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cfgd::client::detail {

/// What a driver has to do next for an exchange.
enum class action : std::uint8_t {
  connect,       ///< connect(2), then on_connect()
  send,          ///< unsent(), then on_sent()
  receive,       ///< into room(), then on_received()
  wait_readable, ///< wait for it, or until deadline(); then on_ready() or on_timeout()
  wait_writable, ///< likewise
  wait_backlog,  ///< likewise for backlog_retry: no descriptor reports that a listener has room
  done,          ///< take()
};

inline constexpr std::chrono::milliseconds backlog_retry{10};

struct reply {
  boost::json::object parameters;
  bool continues = false; ///< more replies of this call follow
};

/// Everything that happens on one connection, without I/O: a driver makes the system calls and
/// reports their results. One call at a time. Replies have no numbers; they belong to calls by
/// their order. A missed, broken or abandoned reply loses the order: the exchange is broken() then,
/// and the driver closes the socket.
///
/// If the peer closes while a call is being sent, what it sent before is still read: a service that
/// rejects an oversized call answers and closes.
class exchange {
 public:
  using clock = std::chrono::steady_clock;

  exchange();

  /// Begins to connect. Forgets the connection before.
  void connect(std::string path, clock::time_point deadline);
  /// Begins a call on a connection that is made. `parameters` is the text of an object, or empty.
  void call(std::string_view method, std::string_view parameters, ipc::call_kind kind,
            clock::time_point deadline);
  /// Changes the deadline of what is under way.
  void set_deadline(clock::time_point deadline) { deadline_ = deadline; }
  /// Begins to wait for the next reply of a call whose last reply `continues`.
  void next_reply(clock::time_point deadline);

  action next() const;
  /// Of what is under way; clock::time_point::max(): none.
  clock::time_point deadline() const { return deadline_; }

  std::string const& path() const { return path_; }
  std::string_view unsent() const { return std::string_view(outgoing_).substr(sent_); }
  /// Valid until on_received().
  std::span<char> room();

  // Results of system calls. `error` is an errno, read only if the call failed.

  void on_connect(int error);
  void on_sent(std::ptrdiff_t count, int error);
  void on_received(std::ptrdiff_t count, int error);
  void on_ready() { blocked_ = false; }
  void on_timeout();

  /// The outcome of what was begun, once next() says done. A oneway call and a connect have an
  /// empty reply. Errors: unreachable, timed_out, closed, protocol, refused.
  result<reply> take();
  /// Whether the connection has to be closed.
  bool broken() const { return broken_; }

 private:
  enum class stage : std::uint8_t { idle, connecting, sending, receiving };

  void begin(stage what, clock::time_point deadline);
  void fail(call_error why);
  void receive_next();
  void on_message(std::string_view text);

  stage stage_ = stage::idle;
  bool blocked_ = false; ///< the kernel said EAGAIN, or will
  bool broken_ = false;
  ipc::call_kind kind_ = ipc::call_kind::plain;
  clock::time_point deadline_ = clock::time_point::max();
  std::string path_;
  std::string outgoing_;
  std::size_t sent_ = 0; ///< of outgoing_
  ipc::frame_reader incoming_;
  result<reply> outcome_;
};

/// The end of something that begins now and may take `limit`; zero: as long as it takes.
exchange::clock::time_point deadline_after(std::chrono::milliseconds limit);

} // namespace cfgd::client::detail
