#include "ipc/session.hpp"

#include "core/log.hpp"
#include "core/message_ids.hpp"

#include <boost/assert.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

// A session is driven from three sides: the socket, the handlers that answer when they like, and
// deadlines. It may wait for several things at once (bytes, room, the peer's end), so it is a set
// of facts and one function, settle(), that derives from them what to do next; a coroutine for each
// wait would need as many facts, and memory for its frame besides.
//
// Each wake-up does one read, handles the whole messages that are there, and does one write. The
// descriptor is used directly and without blocking: Asio's own read would ask the kernel once more
// to learn that there is nothing left.
//
// Varlink has no way to cancel a call but to close the connection, so the peer's end has to be seen
// while a call is open and nothing is read. On a Unix socket "it will send no more" (end of file)
// and "it is gone" (POLLHUP) are different things: the first still wants its answers.
//
// Replies are never written from within a handler's call but at the end of the turn or in a turn of
// their own. So callbacks are never run from inside of a responder's function, and all that a
// handler answers in one go leaves in one write.
//
// recv(2) is used, never recvmsg(2) with a control buffer: the kernel then drops descriptors that a
// peer sends along.

namespace cfgd::ipc {

namespace {

constexpr std::size_t read_scratch_bytes = 64 * 1024;
constexpr std::size_t parse_arena_bytes = 16 * 1024;
constexpr std::size_t least_read_bytes = 4 * 1024;
/// To ask for the time twice would be dear beside what a short cut does.
constexpr std::uint32_t quick_calls_a_timed_one = 64;

} // namespace

session_host::session_host(limits const& limits_of_server, server& owner_of_sessions)
    : bounds(limits_of_server), json_bounds{limits_of_server.request_depth,
                                            limits_of_server.request_elements},
      owner(owner_of_sessions), read_scratch(read_scratch_bytes), parse_arena(parse_arena_bytes) {}

class session::activity {
 public:
  enum class use : std::uint8_t { fresh, counted };
  explicit activity(session& which, use how = use::fresh) : which_(which) {
    if (how == use::fresh) ++which_.uses_;
  }
  ~activity() {
    if (--which_.uses_ == 0 && which_.closed_) which_.host_.ended(which_);
  }
  activity(activity const&) = delete;
  activity& operator=(activity const&) = delete;

 private:
  session& which_;
};

session::session(session_host& host, std::uint64_t id, socket_type socket, peer who)
    : host_(host), id_(id), socket_(std::move(socket)), peer_(std::move(who)),
      reader_(host.bounds.frame_bytes),
      queue_(host.bounds.queue_soft_bytes, host.bounds.queue_hard_bytes) {}

void session::start() {
  activity const here(*this);
  settle();
}

void session::stop() {
  activity const here(*this);
  settle();
}

// ---- waiting and reading

void session::wait_for(wait what) {
  auto& waiting = waiting_[static_cast<std::size_t>(what)];
  if (std::exchange(waiting, true)) return;
  ++uses_;
  auto const kind = what == wait::read    ? socket_type::wait_read
                    : what == wait::write ? socket_type::wait_write
                                          : socket_type::wait_error;
  socket_.async_wait(kind, [this, what](boost::system::error_code) { woken(what); });
}

void session::woken(wait what) {
  activity const here(*this, activity::use::counted);
  waiting_[static_cast<std::size_t>(what)] = false;
  if (closed_) return;
  if (what == wait::read) read_some();
  if (what == wait::hangup) {
    gone_ = gone_ || peer_is_gone();
    // Urgent data wakes us too (send(2), MSG_OOB), and would again and again. Varlink has none.
    if (!gone_) return close();
  }
  run_turn();
}

void session::read_some() {
  if (end_of_input_) return;
  reader_.borrow(host_.read_scratch);
  auto const room =
      reader_.prepare(std::clamp(reader_.buffered_bytes(), least_read_bytes, read_scratch_bytes));
  ssize_t count = 0;
  do
    count = ::recv(socket_.native_handle(), room.data(), room.size(), MSG_DONTWAIT);
  while (count < 0 && errno == EINTR);
  if (count > 0) {
    reader_.commit(static_cast<std::size_t>(count));
    starved_ = false;
  } else if (count == 0) {
    end_of_input_ = true;
    gone_ = gone_ || peer_is_gone();
  } else if (errno != EAGAIN) {
    end_of_input_ = gone_ = true;
  }
}

bool session::peer_is_gone() const {
  // Linux reports POLLHUP on a stream socket when both directions are shut down (poll(2)).
  pollfd look{const_cast<socket_type&>(socket_).native_handle(), 0, 0}; // NOLINT: not const in 1.81
  return ::poll(&look, 1, 0) == 1 && (look.revents & (POLLHUP | POLLERR)) != 0;
}

// ---- calls

void session::request_turn() {
  if (std::exchange(turn_wanted_, true)) return;
  ++uses_;
  host_.want_turn(*this);
}

void session::take_turn() {
  activity const here(*this, activity::use::counted);
  turn_wanted_ = false;
  if (!closed_) run_turn();
}

void session::run_turn() {
  handle_frames();
  reader_.keep();
  flush();
  settle();
}

bool session::may_begin_call() const {
  return !open_ && !ending_ && !closed_ && !host_.stopping && !queue_.above_soft();
}

void session::handle_frames() {
  in_turn_ = true;
  std::size_t handled = 0;
  while (!starved_ && handled < host_.bounds.pipelined_calls && may_begin_call()) {
    auto const frame = reader_.next();
    if (!frame) {
      starved_ = true;
      break;
    }
    ++handled;
    dispatch(*frame);
  }
  in_turn_ = false;
  if (starved_ && may_begin_call() && reader_.too_large())
    refuse("frame_bytes", reader_.buffered_bytes(), host_.bounds.frame_bytes);
  note_deadlines(handled);
}

void session::dispatch(std::string_view frame) {
  call_envelope envelope;
  if (auto const read = parse_envelope(frame, host_.json_bounds, envelope); !read)
    return not_varlink(read.error());

  ++host_.figures.calls;
  ++call_;
  open_ = true;
  kind_ = envelope.kind;
  method_ = &host_.unknown;
  stands_for_ = 0;
  interface_table::refusal refused;
  if (auto const* which = host_.table.find(envelope, refused); which == nullptr) {
    fail(refused.name, refused.parameters);
  } else {
    method_ = &which->figures;
    if (!serve_quickly(envelope, *which)) serve(envelope, *which);
  }
}

bool session::serve_quickly(call_envelope const& envelope, interface_table::method const& which) {
  if (!which.serve_quickly || kind_ == call_kind::oneway) return false;
  if (host_.figures.calls % quick_calls_a_timed_one == 0) {
    stands_for_ = quick_calls_a_timed_one; // serve() sets both anew
    began_ = clock::now();
  }
  host_.quick_reply.clear();
  if (!which.serve_quickly(envelope.parameters, peer_, host_.quick_reply)) return false;
  reply(host_.quick_reply);
  return true;
}

void session::serve(call_envelope const& envelope, interface_table::method const& which) {
  stands_for_ = kind_ == call_kind::more ? 0 : 1;
  began_ = clock::now();
  boost::json::monotonic_resource arena(host_.parse_arena.data(), host_.parse_arena.size());
  auto parameters = parse_parameters(envelope, host_.json_bounds, &arena);
  if (!parameters) {
    auto const& why = parameters.error();
    if (why.code == errc::limit)
      return fail(limit_exceeded,
                  limit_parameters("request_" + why.subject, why.used, why.maximum));
    // Valid JSON with a value out of range: the peer speaks Varlink and gets an error.
    if (why.code == errc::bad_value)
      return fail("org.varlink.service.InvalidParameter", one_parameter("parameter", why.subject));
    end_call(&method_figures::failed);
    return not_varlink(why);
  }
  if (auto const refused = interface_table::check(which, *parameters))
    return fail(refused->name, refused->parameters);
  invoke(which, call{envelope.method, *parameters, peer_, kind_ == call_kind::more,
                     kind_ == call_kind::oneway, responder(host_.owner, id_, call_)});
}

void session::invoke(interface_table::method const& which, call const& made) {
  std::string reason;
  auto const number = call_;
  try {
    return which.serve(made);
  } catch (std::exception const& thrown) {
    reason = thrown.what();
  } catch (...) {
    reason = "an exception of unknown type";
  }
  log::write(
      log::level::error, std::string(made.method) + " failed: " + reason,
      {{"MESSAGE_ID", message_id::call_failed}, {"CFGD_PEER_UID", std::to_string(peer_.uid)}});
  if (!serves(number)) return;
  auto const name = interface_table::internal_error_of(which);
  if (name.empty()) {
    end_call(&method_figures::failed);
    ending_ = true;
  } else {
    fail(name, one_parameter("message", "the call failed; the service's log has the reason"));
  }
}

void session::not_varlink(error const& why) {
  if (log::enabled(log::level::debug))
    log::write(log::level::debug,
               "closing a connection that does not speak Varlink: " + to_string(why),
               {{"CFGD_PEER_UID", std::to_string(peer_.uid)},
                {"CFGD_PEER_PID", std::to_string(peer_.pid)}});
  ending_ = true;
}

// ---- answers

bool session::begin_message() {
  if (kind_ == call_kind::oneway || gone_) return false;
  if (!queue_.above_hard()) return true;
  overflowed_ = true;
  end_message();
  return false;
}

void session::end_message() {
  queue_.end_append();
  if (!in_turn_) request_turn();
}

void session::end_call() {
  open_ = false;
  hooks_.reset();
}

void session::end_call(std::uint64_t method_figures::*outcome) {
  ++(method_->*outcome);
  if (stands_for_ != 0) method_->times.observe(clock::now() - began_, stands_for_);
  end_call();
}

void session::reply(std::string_view parameters) {
  if (begin_message()) append_reply(queue_.begin_append(host_.write_spare), parameters, false);
  if (!overflowed_) end_call(&method_figures::replied);
  end_message();
}

void session::reply_continues(std::string_view parameters) {
  BOOST_ASSERT(kind_ == call_kind::more);
  if (kind_ != call_kind::more || !begin_message()) return;
  append_reply(queue_.begin_append(host_.write_spare), parameters, true);
  end_message();
}

void session::fail(std::string_view name, std::string_view parameters) {
  ++host_.figures.errors;
  if (begin_message()) append_error(queue_.begin_append(host_.write_spare), name, parameters);
  if (!overflowed_) end_call(&method_figures::failed);
  end_message();
}

void session::refuse(std::string_view limit, std::uint64_t used, std::uint64_t maximum) {
  append_error(queue_.begin_append(host_.write_spare), limit_exceeded,
               limit_parameters(limit, used, maximum));
  queue_.end_append();
  ending_ = true;
  ++host_.figures.cut_off;
  host_.warn("closing a connection: limit '" + std::string(limit) + "' exceeded, " +
                 std::to_string(used) + " of " + std::to_string(maximum),
             peer_);
}

void session::on_drained(std::function<void()> resume) {
  if (!hooks_) hooks_ = std::make_unique<hooks>();
  hooks_->drained = std::move(resume);
}

void session::on_closed(std::function<void()> cancel) {
  if (kind_ == call_kind::oneway) return;
  if (!hooks_) hooks_ = std::make_unique<hooks>();
  hooks_->closed = std::move(cancel);
}

// ---- sending

void session::flush() {
  if (gone_) queue_.discard();
  while (!queue_.empty() && !waiting_[static_cast<std::size_t>(wait::write)]) {
    auto const bytes = queue_.unsent();
    auto const count =
        ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) {
      queue_.consume(static_cast<std::size_t>(count));
      stalled_since_.reset();
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      gone_ = true;
      queue_.discard();
    }
  }
  queue_.release(host_.write_spare);
  if (queue_.take_drained()) note_drained();
}

void session::note_drained() {
  if (!open_ || !hooks_ || !hooks_->drained) return;
  // Out of the way while it runs: it may end the call, and with it what holds the function.
  auto const resume = std::exchange(hooks_->drained, {});
  auto const number = call_;
  resume();
  if (serves(number) && hooks_ && !hooks_->drained) hooks_->drained = resume;
}

// ---- what next

void session::settle() {
  if (closed_ || close_if_over()) return;
  if (may_begin_call() && !starved_) request_turn();
  wait_for_next();
}

bool session::close_if_over() {
  if (overflowed_) {
    ++host_.figures.slow_closed;
    host_.warn("closing a connection whose client does not read: " + std::to_string(queue_.size()) +
                   " bytes are queued",
               peer_);
    close();
    return true;
  }
  bool const cancelled = gone_ && open_ && kind_ != call_kind::oneway;
  bool const answered = queue_.empty() && !open_;
  bool const stops = host_.stopping && queue_.empty() && (!open_ || kind_ == call_kind::more);
  bool const no_more_calls = ending_ || (end_of_input_ && starved_);
  if (!cancelled && !stops && !(answered && no_more_calls)) return false;
  close();
  return true;
}

void session::wait_for_next() {
  if (!queue_.empty()) {
    wait_for(wait::write);
    auto const now = clock::now();
    if (!stalled_since_) stalled_since_ = now;
    host_.want_check(*stalled_since_ + host_.bounds.queue_stalled);
  }
  bool const room = reader_.buffered_bytes() <= host_.bounds.frame_bytes;
  if (!end_of_input_ && !ending_ && !queue_.above_soft() && (starved_ || (open_ && room)))
    wait_for(wait::read);
  else if (open_ && !gone_)
    wait_for(wait::hangup);
}

void session::note_deadlines(std::size_t handled) {
  if (!starved_ || !reader_.has_partial() || open_ || ending_) {
    partial_since_.reset();
    return;
  }
  if (handled > 0 || !partial_since_) partial_since_ = clock::now();
  host_.want_check(*partial_since_ + host_.bounds.partial_frame);
}

std::optional<session::clock::time_point> session::check_deadlines(clock::time_point now) {
  activity const here(*this);
  if (closed_) return std::nullopt;
  std::optional<clock::time_point> next;
  if (stalled_since_ && !queue_.empty()) {
    next = *stalled_since_ + host_.bounds.queue_stalled;
    if (*next <= now) {
      overflowed_ = true;
      close_if_over();
      return std::nullopt;
    }
  }
  if (partial_since_) {
    auto const due = *partial_since_ + host_.bounds.partial_frame;
    if (due <= now) {
      partial_since_.reset();
      auto const taken = std::chrono::milliseconds(host_.bounds.partial_frame).count();
      refuse("partial_frame_ms", static_cast<std::uint64_t>(taken),
             static_cast<std::uint64_t>(taken));
      flush();
      settle();
      return std::nullopt;
    }
    next = std::min(next.value_or(due), due);
  }
  return next;
}

void session::close() {
  if (closed_) return;
  activity const here(*this);
  closed_ = true;
  boost::system::error_code ignored; // the descriptor is gone in any case
  socket_.close(ignored);
  queue_.discard();
  auto const held = std::move(hooks_);
  if (open_) ++method_->cancelled;
  open_ = false;
  if (held && held->closed) held->closed();
}

} // namespace cfgd::ipc
