#include "ipc/session.hpp"

#include "ipc/large_requests.hpp"

#include <boost/asio/error.hpp>
#include <boost/assert.hpp>

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
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
/// After so long without an event a session looks whether the kernel's event was lost.
constexpr std::chrono::seconds lost_wait_check{5};
/// It looks so much earlier if others are looked at: not each session at a time of its own.
constexpr std::chrono::seconds lost_wait_slack{1};

ssize_t send_to(int socket, std::string_view bytes) {
  return ::send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

} // namespace

session_host::session_host(limits const& limits_of_server, server& owner_of_sessions)
    : bounds(limits_of_server), json_bounds{limits_of_server.request_depth,
                                            limits_of_server.request_elements},
      owner(owner_of_sessions), users(limits_of_server), read_scratch(read_scratch_bytes),
      parse_arena(parse_arena_bytes) {}

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
  turn_began_ = clock::now();
  settle();
}

void session::stop() {
  activity const here(*this);
  settle();
}

void session::resume() {
  activity const here(*this);
  turn_began_ = clock::now();
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
  waits_since_ = turn_began_;
  host_.want_check(waits_since_ + lost_wait_check);
  socket_.async_wait(
      kind, [this, what](boost::system::error_code const& failed) { woken(what, failed); });
}

void session::woken(wait what, boost::system::error_code const& failed) {
  activity const here(*this, activity::use::counted);
  waiting_[static_cast<std::size_t>(what)] = false;
  if (closed_) return;
  // Aborted: look_at_lost_wait() has found that there is something to do. Any other failure is
  // epoll's (ENOMEM): the wait cannot be repeated, so the peer must not be left waiting.
  if (failed && failed != boost::asio::error::operation_aborted) {
    host_.warn("closing a connection: cannot wait for its socket: " + failed.message(), peer_);
    return close();
  }
  if (what == wait::read) read_some();
  if (what == wait::hangup && !failed) {
    gone_ = gone_ || peer_is_gone();
    // Urgent data wakes us too (send(2), MSG_OOB), and would again and again. Varlink has none.
    // Nor does anybody want what a paused user's peer asked before it left.
    if (!gone_ || (paused_ && !is_busy())) return close();
  }
  if (turn_wanted_ || !host_.may_work_at_once(*this)) {
    reader_.keep(); // until the turn, others read into the memory that was borrowed
    return request_turn();
  }
  run_turn();
  host_.worked(*this, clock::now() - turn_began_);
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

void session::look_at_lost_wait() {
  // Asio 1.81 ignores a failure of epoll_ctl(2) when it waits for a second event of an
  // edge-triggered descriptor (reactive_socket_service). The event is then never reported.
  bool const reads = waiting_[static_cast<std::size_t>(wait::read)];
  bool const writes = waiting_[static_cast<std::size_t>(wait::write)];
  auto const wanted = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0);
  pollfd look{socket_.native_handle(), static_cast<short>(wanted), 0};
  if (::poll(&look, 1, 0) != 1 || look.revents == 0) return;
  boost::system::error_code ignored; // the waits are called with operation_aborted
  socket_.cancel(ignored);
}

bool session::peer_is_gone() const {
  // Linux reports POLLHUP on a stream socket when both directions are shut down (poll(2)).
  pollfd look{const_cast<socket_type&>(socket_).native_handle(), 0, 0}; // NOLINT: not const in 1.81
  return ::poll(&look, 1, 0) == 1 && (look.revents & (POLLHUP | POLLERR)) != 0;
}

// ---- turns

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

void session::request_was_read() {
  if (!closed_) request_turn();
}

void session::run_turn() {
  turn_began_ = clock::now();
  if (auto const cut_off = std::exchange(cut_off_, {})) cut_off();
  paused_ = host_.users.pauses(peer_.uid);
  if (may_go_on()) go_on();
  handle_frames();
  reader_.keep();
  flush();
  while (!earlier_.empty() && !earlier_.front().open && !queue_.above_soft()) {
    release_answers();
    flush();
  }
  account();
  settle();
}

// ---- sending

std::size_t session::send_some(std::string_view bytes) {
  if (closed_ || waiting_[static_cast<std::size_t>(wait::write)]) return 0;
  auto const count = send_to(socket_.native_handle(), bytes);
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

void session::flush() {
  if (gone_) queue_.discard();
  while (!queue_.empty() && !waiting_[static_cast<std::size_t>(wait::write)]) {
    auto const count = send_to(socket_.native_handle(), queue_.unsent());
    if (count > 0) {
      queue_.consume(static_cast<std::size_t>(count));
      stalled_since_.reset();
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      // A peer that is alive and cannot be answered must not wait: its calls end here.
      ending_ = ending_ || !peer_is_gone();
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
  paused_ = host_.users.pauses(peer_.uid);
  if (paused_ && gone_ && !is_busy()) return close(); // as when the hangup is seen
  if (cut_off_ || (may_begin_call() && has_next()) || may_go_on()) request_turn();
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
  bool const cancelled = gone_ && awaits_answer();
  bool const answered = queue_.empty() && !is_busy();
  bool const stops =
      host_.stopping && queue_.empty() && earlier_.empty() && (!open_ || kind_ == call_kind::more);
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
  if (paused_) host_.paused(*this);
  if (!end_of_input_ && !ending_ && !paused_ && !queue_.above_soft() &&
      (is_busy() ? room : starved_))
    wait_for(wait::read);
  else if ((is_busy() || paused_) && !gone_)
    wait_for(wait::hangup);
}

void session::note_deadlines(std::size_t handled) {
  if (!starved_ || !reader_.has_partial() || is_busy() || ending_) {
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
  if (paused_) {
    // resume() comes at half of the maximum; what the user has may stay between that and a pause.
    settle();
    if (closed_) return std::nullopt;
    if (paused_) next = now + lost_wait_check;
  }
  if (stalled_since_ && !queue_.empty()) {
    auto const due = *stalled_since_ + host_.bounds.queue_stalled;
    if (due <= now) {
      overflowed_ = true;
      close_if_over();
      return std::nullopt;
    }
    next = std::min(next.value_or(due), due);
  }
  if (std::ranges::find(waiting_, true) != std::end(waiting_)) {
    if (waits_since_ + lost_wait_check <= now + lost_wait_slack) {
      look_at_lost_wait();
      waits_since_ = now;
    }
    auto const again = waits_since_ + lost_wait_check;
    next = std::min(next.value_or(again), again);
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
  large_.reset();
  auto const hooks_of_call = std::move(hooks_);
  auto const cut_off = std::exchange(cut_off_, {});
  auto const earlier = std::exchange(earlier_, {});
  if (open_) ++method_->cancelled;
  open_ = false;
  account();
  if (cut_off) cut_off();
  for (auto const& one : earlier) {
    if (!one.open) continue;
    ++one.method->cancelled;
    if (one.with && one.with->closed) one.with->closed();
  }
  if (hooks_of_call && hooks_of_call->closed) hooks_of_call->closed();
}

} // namespace cfgd::ipc
