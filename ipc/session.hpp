#pragma once

#include "core/limits.hpp"
#include "ipc/framing.hpp"
#include "ipc/interface_table.hpp"
#include "ipc/message.hpp"
#include "ipc/peer.hpp"
#include "ipc/reply_queue.hpp"
#include "ipc/server.hpp"
#include "ipc/usage.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::ipc {

class session;
struct large_request;
struct read_parameters;

/// What sessions share: the tables they answer from, memory that one of them needs at a time, and
/// the way back to who owns them.
class session_host {
 public:
  using clock = std::chrono::steady_clock;

  explicit session_host(limits const& limits_of_server, server& owner_of_sessions);
  virtual ~session_host() = default;
  session_host(session_host const&) = delete;
  session_host& operator=(session_host const&) = delete;

  /// Calls take_turn() of `which` once, soon, from the loop; `which` lives until then.
  virtual void want_turn(session& which) = 0;
  /// Whether a session that is woken by its socket may work at once: nobody waits for a turn, or
  /// its user would be the next, and the loop has not worked long without looking at its events.
  virtual bool may_work_at_once(session const& which) const = 0;
  /// A session has worked so long outside of take_turn().
  virtual void worked(session const& which, clock::duration time) = 0;
  /// Has a large request read on another thread, when it is its user's turn; then calls
  /// request_was_read().
  virtual std::shared_ptr<large_request> read_apart(session& which, std::string_view frame) = 0;
  /// Calls check_deadlines() of all at `when` or earlier.
  virtual void want_check(clock::time_point when) = 0;
  /// `which` has closed and nothing refers to it any more: destroys it.
  virtual void ended(session& which) = 0;
  /// `which` reads nothing because its user has too much memory: resume() is called later.
  virtual void paused(session& which) = 0;
  /// `users` has changed: somebody may have to be closed, or can go on.
  virtual void usage_changed() = 0;
  /// Logs a warning about a peer.
  virtual void warn(std::string const& message, peer const& about) = 0;

  limits const bounds;
  json::read_limits const json_bounds;
  server& owner;
  interface_table table;
  server::counts figures;
  usage users;
  method_figures unknown; ///< calls that are for no method
  bool stopping = false;

  std::vector<char> read_scratch;
  std::string write_spare;
  std::vector<unsigned char> parse_arena;
};

/// One connection: reads calls, hands them to handlers in their order, sends what they answer in
/// the same order. A call begins when the one before it was answered; those of methods that overlap
/// begin as soon as the handler before has returned. Destroys itself through session_host::ended.
class session {
 public:
  using clock = session_host::clock;
  using socket_type = boost::asio::local::stream_protocol::socket;

  session(session_host& host, std::uint64_t id, socket_type socket, peer who);
  session(session const&) = delete;
  session& operator=(session const&) = delete;

  void start();
  /// Sends, handles what was read, and decides what to wait for.
  void take_turn();
  /// Ends it as soon as its answers are out; session_host::stopping is set.
  void stop();
  /// Looks again whether it may read; after session_host::paused.
  void resume();
  /// The large request can be served.
  void request_was_read();
  /// The next time it wants to be called, if any.
  std::optional<clock::time_point> check_deadlines(clock::time_point now);
  /// Drops everything; a call without an answer is cancelled.
  void close();

  std::uint64_t id() const { return id_; }
  peer const& from() const { return peer_; }
  /// Whether `call` is the one at hand.
  bool serves(std::uint64_t call) const { return open_ && call_ == call && !closed_; }
  /// Whether `call` has no answer yet, be it at hand or set aside.
  bool has_open(std::uint64_t call) const;

  // For responders, with a call that has_open().
  void reply(std::uint64_t call, std::string_view parameters);
  void fail(std::uint64_t call, std::string_view name, std::string_view parameters);
  // For responders, with the call at hand.
  void reply_continues(std::string_view parameters);
  void reply_continues(shared_text const& whole);
  std::size_t queued_bytes() const { return queue_.size(); }
  /// The same for who makes a stream: above the soft limit while its user is paused.
  std::size_t queued_for_stream();
  held_bytes const& held() const { return held_; }
  void making(std::size_t bytes);
  void on_drained(std::function<void()> resume);
  void on_closed(std::function<void()> cancel);
  void on_turn(std::function<void()> resume);

 private:
  /// Keeps the session while one of its functions runs or the loop holds a handler of it.
  class activity;
  enum class wait : std::uint8_t { read, write, hangup };

  struct hooks {
    std::function<void()> drained;
    std::function<void()> closed;
    std::function<void()> again; ///< once, in a turn that begins with an empty queue
  };

  /// A call that does not hold up the calls behind it; once it was answered, what is left of it is
  /// an answer that waits for those of the calls before.
  struct earlier_call {
    std::uint64_t number = 0;
    method_figures* method = nullptr;
    interface_table::method const* row = nullptr;
    std::unique_ptr<hooks> with = {};
    std::size_t bytes = 0;
    std::size_t made = 0;
    clock::time_point began = {};
    std::uint32_t stands_for = 0;
    call_kind kind = call_kind::plain;
    bool open = false;
    std::string answer = {};
  };
  using earlier_calls = std::list<earlier_call>;

  /// Memory is reported when so much of it is new, and at the end of a turn.
  static constexpr std::size_t report_bytes = 64 * std::size_t{1024};
  /// Replies up to this are queued whatever the user has: there is always room for an error.
  static constexpr std::size_t small_reply_bytes = 4 * std::size_t{1024};

  void wait_for(wait what);
  void woken(wait what, boost::system::error_code const& failed);
  /// Whether a wait was lost: the socket is ready and nobody was called.
  void look_at_lost_wait();
  void read_some();
  void request_turn();
  void run_turn();
  /// Whether the call at hand goes on as soon as there is a turn.
  bool may_go_on() const { return open_ && hooks_ && hooks_->again && queue_.empty() && !closed_; }
  void go_on();
  bool peer_is_gone() const;

  bool may_begin_call() const;
  /// Whether a call has no answer yet, or its answer waits.
  bool is_busy() const { return open_ || !earlier_.empty() || large_; }
  /// Whether there is a call that could begin.
  bool has_next() const;
  /// The same for calls that end with the connection.
  bool awaits_answer() const;
  bool may_overlap(interface_table::method const* next, call_kind how, std::size_t bytes) const;
  void set_aside();
  void exchange_with(earlier_call& other);
  /// Makes an earlier call the one at hand while `work` answers it.
  template <class Work>
  void answer_earlier(std::uint64_t call, Work const& work);
  /// Whether the answer of the call at hand waits in the list: for those before it, or for room.
  bool answer_waits() const;
  /// Where the answer of the call at hand goes.
  std::string& place_of_answer();
  void release_answers();
  void handle_frames();
  void dispatch(std::string_view frame);
  /// Whether a short cut has answered the whole call.
  bool answer_quickly(std::string_view frame);
  void begin_call(std::size_t bytes, call_kind kind, interface_table::method const* which);
  /// Serves the large request, unless it has to wait for the calls before it.
  void serve_large();
  void serve(call_envelope const& envelope, interface_table::method const& which);
  void serve(call_envelope const& envelope, read_parameters const& parameters,
             std::shared_ptr<void> made);
  void invoke(interface_table::method const& which, call const& made);
  /// Runs a part of the call at hand: what it throws is logged and answered.
  void guarded(interface_table::method const& which, std::function<void()> const& work);
  void not_varlink(error const& why);

  void reply(std::string_view parameters);
  void fail(std::string_view name, std::string_view parameters);
  bool begin_message();
  void end_message();
  /// Ends the call at hand with an error if a reply of so many bytes is over a limit.
  bool refuse_long_reply(std::size_t bytes);
  void refuse_reply(std::string const& parameters);
  /// Reports the memory that it has.
  void account();
  void end_call();
  /// The same, and counts what became of it.
  void end_call(std::uint64_t method_figures::*outcome);
  void refuse(std::string_view limit, std::uint64_t used, std::uint64_t maximum);

  void flush();
  /// How many bytes the kernel takes now; what failed shows when it is tried again.
  std::size_t send_some(std::string_view bytes);
  void note_drained();
  void settle();
  bool close_if_over();
  void wait_for_next();
  void note_deadlines(std::size_t handled);

  session_host& host_;
  std::uint64_t id_;
  socket_type socket_;
  peer peer_;
  frame_reader reader_;
  reply_queue queue_;
  std::unique_ptr<hooks> hooks_; ///< of the call at hand
  held_bytes held_;              ///< as the host knows it
  std::size_t call_bytes_ = 0;   ///< of the call at hand
  std::size_t made_bytes_ = 0;   ///< of its next reply, which is being made
  std::uint64_t call_ = 0;
  method_figures* method_ = nullptr;             ///< of the call at hand
  interface_table::method const* row_ = nullptr; ///< the same; null: no such method
  std::function<void()> cut_off_;                ///< the closed hook of a call that was cut off
  clock::time_point began_{};                    ///< the same, if it is timed
  std::uint32_t stands_for_ = 0; ///< how many calls its time counts for; 0: it is not timed
  earlier_calls earlier_;        ///< in their order
  earlier_calls::iterator answering_ = earlier_.end(); ///< which of them is at hand
  std::shared_ptr<large_request> large_;               ///< the next call, if it is large
  std::size_t large_bytes_ = 0;                        ///< of it
  std::uint32_t uses_ = 0;
  call_kind kind_ = call_kind::plain;
  bool open_ = false;       ///< a call is being served
  bool is_held_up_ = false; ///< the next call waits until no earlier one is left
  bool in_turn_ = false;    ///< replies need no turn of their own
  bool turn_wanted_ = false;
  bool starved_ = true; ///< there is no whole message in the reader
  bool end_of_input_ = false;
  bool gone_ = false;   ///< nobody reads any more
  bool ending_ = false; ///< closes when the queue is empty
  bool overflowed_ = false;
  bool closed_ = false;
  bool paused_ = false;             ///< its user has too much memory: nothing is read
  bool waiting_[3] = {};            ///< by `wait`
  clock::time_point waits_since_{}; ///< the last wait began, or was looked at
  clock::time_point turn_began_{};  ///< the last one; asking for the time again would be dear
  std::optional<clock::time_point> partial_since_; ///< a message began and has not ended
  std::optional<clock::time_point> stalled_since_; ///< the queue is not empty and nothing was taken
};

} // namespace cfgd::ipc
