#pragma once

#include "ipc/peer.hpp"

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace cfgd::ipc {

class server;

/// A whole message, with its NUL, that several connections are sent.
using shared_text = std::shared_ptr<std::string const>;
/// The message for one of a series of replies.
shared_text make_shared_reply(std::string_view parameters);

/// The way to answer one call, now or later. A cheap copyable handle that finds its connection by
/// number: when the call was answered or the connection is gone, every function does nothing. Must
/// not outlive the server. Loop thread only.
class responder {
 public:
  responder(server& owner, std::uint64_t connection, std::uint64_t call)
      : owner_(&owner), connection_(connection), call_(call) {}

  /// Whether an answer would still reach somebody. A oneway call, which is never answered, is alive
  /// until it is replied to: the reply is not sent, and lets the connection's next call begin.
  bool alive() const;
  /// The number of the connection, which is never given to another one.
  std::uint64_t connection() const { return connection_; }

  /// The last reply. `parameters` is the text of a JSON object, or empty for none. Text is copied
  /// into the connection's queue as it is and is not parsed again.
  void reply(std::string_view parameters = {}) const;
  /// One of a series; only for a call with `more`.
  void reply_continues(std::string_view parameters) const;
  /// The same with a message that others are sent, too: it is made once. Outside of turns of the
  /// connection it is given to the kernel at once, if nothing else is queued.
  void reply_continues(shared_text const& whole) const;
  /// The last reply, an error: `name` is qualified, "io.cfgd.Config.BadKey".
  void fail(std::string_view name, std::string_view parameters = {}) const;

  /// Bytes queued on the connection and not yet taken by the kernel. A stream pauses when it is
  /// above limits::queue_soft_bytes.
  std::size_t queued_bytes() const;
  /// Calls `resume` (from the loop, never from inside another function of this class) whenever the
  /// queue has become empty after it was above the soft limit; until the last reply.
  void on_drained(std::function<void()> resume) const;
  /// Calls `resume` once, in a later turn of the connection: when the kernel has taken all that is
  /// queued, and the connection's user has its share of the loop's time. So work is done in steps,
  /// and no faster than the peer reads. A second call replaces the first; dropped with the call.
  void on_turn(std::function<void()> resume) const;
  /// Counts so many bytes of a reply that is being made as memory of the user, until the next
  /// reply; ends the call with an error if that is too much.
  void making(std::size_t bytes) const;
  /// Calls `cancel` once if the connection ends before the last reply: closing is cancelling.
  void on_closed(std::function<void()> cancel) const;

 private:
  server* owner_;
  std::uint64_t connection_;
  std::uint64_t call_;
};

/// One call as a handler sees it, already checked against the interface: parameters are declared
/// ones, required ones are there, types are right; null counts as absent and is removed. Everything
/// but `answer` (copy it) is valid during the handler only.
struct call {
  std::string_view method; ///< qualified
  boost::json::object const& parameters;
  peer const& from;
  bool more = false;
  bool oneway = false;
  responder answer;
  /// For a large request: what its reader has made of it, which keeps `parameters`, too; null if
  /// that is nothing, and for others.
  std::shared_ptr<void> made = {};
};

/// Must answer through call::answer, during the call or later. What it throws is logged, and
/// answered with the interface's InternalError.
using handler = std::function<void(call const&)>;

/// A short cut for calls that come often and in one form. Gets what stands where the parameters
/// should be, which nobody has looked at: any bytes. Either appends the parameters of the only
/// reply to `reply` and returns true, or returns false, and the call goes its usual way. It must
/// know the whole text byte for byte to say true: what it does not look at, nobody does. Must not
/// throw.
using quick_handler =
    std::function<bool(std::string_view parameters, peer const& from, std::string& reply)>;

/// What a handler needs of the parameters of a large request, made on another thread: a pure
/// function, which does not answer. The result may refer to the parameters. What it throws counts
/// as thrown by the handler.
using request_reader = std::function<std::shared_ptr<void>(call const&)>;

/// For methods whose calls may overlap: whether one more may begin while earlier calls of the same
/// connection, of such methods too, wait for their answers. Answers leave in the order of the
/// calls. The handler must neither stream nor work in steps, and make the effects of calls appear
/// in their order. Asked on the loop; must not throw.
using overlap_check = std::function<bool(peer const& from)>;

} // namespace cfgd::ipc
