#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "ipc/large_requests.hpp"
#include "ipc/session.hpp"

#include <boost/assert.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <utility>

// What a session does with the frames it has read, and with what handlers answer. Nothing here
// touches the socket: replies go into the queue and leave at the end of the turn (session.cpp).
//
// Calls of methods that overlap are set aside when their handler has returned: what is known of
// them goes into a list, and the next call becomes the one at hand. Behind them only calls of such
// methods begin; the first other one is put back and waits until all of them were answered. An
// earlier call is at hand again while it is answered, so that there is one way to answer. An answer
// that comes before its turn, of a call that was refused at once, waits in the list. How many bytes
// of calls a connection may have so is bounded by frame_bytes, their number by pipelined_calls.
//
// A message that many watchers get is one text: it goes to the kernel from where it is, and only
// what the kernel does not take is queued. This runs no callback and does not close: what is left
// is for a turn.
//
// The limit reply_bytes is enforced here and nowhere else for replies in one piece: a longer one
// becomes an error that names the limit, and the connection goes on.

namespace cfgd::ipc {

namespace {

/// To ask for the time twice would be dear beside what a short cut does.
constexpr std::uint32_t quick_calls_a_timed_one = 64;
/// For the same reason; so many of them take about 20 us.
constexpr std::size_t quick_calls_a_look = 16;
/// After this time other sessions have their turn, however many calls wait here.
constexpr std::chrono::microseconds longest_turn{50};
/// Memory is reported when so much of it is new, and at the end of a turn.
constexpr std::size_t report_bytes = 64 * std::size_t{1024};
/// Replies up to this are queued whatever the user has: there is always room for an error.
constexpr std::size_t small_reply_bytes = 4 * std::size_t{1024};
/// Requests up to this count as their text alone.
constexpr std::size_t small_request_bytes = 4 * std::size_t{1024};
/// Longer requests are read on another thread: to read one of this length and to make keys of its
/// names takes 1.5 ms.
constexpr std::size_t longest_here = 16 * std::size_t{1024};
/// What a member or an element takes when it was parsed, with the key that a handler makes of its
/// name, about; the text that it came from counts besides.
constexpr std::size_t element_bytes = 160;

/// The memory that a request needs until it is answered, at most, about: values are separated by
/// commas. A string may have any number of those, a request `most_elements`.
std::size_t bytes_of_request(std::string_view frame, std::size_t most_elements) {
  if (frame.size() <= small_request_bytes) return frame.size();
  auto const commas = static_cast<std::size_t>(std::ranges::count(frame, ','));
  return frame.size() + element_bytes * std::min(commas, most_elements);
}

} // namespace

bool session::has_open(std::uint64_t call) const {
  if (closed_) return false;
  if (open_ && call_ == call) return true;
  return std::ranges::any_of(
      earlier_, [call](earlier_call const& one) { return one.open && one.number == call; });
}

bool session::awaits_answer() const {
  return (open_ && kind_ != call_kind::oneway) ||
         std::ranges::any_of(earlier_, [](earlier_call const& one) {
           return one.open && one.kind != call_kind::oneway;
         });
}

bool session::may_overlap(interface_table::method const* next, call_kind how,
                          std::size_t bytes) const {
  if (next == nullptr || !next->may_overlap || how == call_kind::more) return false;
  for (auto const& one : earlier_)
    bytes += one.bytes;
  return bytes <= host_.bounds.frame_bytes && earlier_.size() < host_.bounds.pipelined_calls &&
         next->may_overlap(peer_);
}

void session::set_aside() {
  if (!open_ || row_ == nullptr || !row_->may_overlap || kind_ == call_kind::more) return;
  bool const is_large = call_bytes_ > report_bytes;
  exchange_with(earlier_.emplace_back(earlier_call{.number = call_}));
  if (!is_large) return;
  account();
  paused_ = host_.users.pauses(peer_.uid);
}

void session::exchange_with(earlier_call& other) {
  std::swap(method_, other.method);
  std::swap(row_, other.row);
  std::swap(hooks_, other.with);
  std::swap(call_bytes_, other.bytes);
  std::swap(made_bytes_, other.made);
  std::swap(began_, other.began);
  std::swap(stands_for_, other.stands_for);
  std::swap(kind_, other.kind);
  std::swap(open_, other.open);
}

template <class Work>
void session::answer_earlier(std::uint64_t call, Work const& work) {
  answering_ = std::ranges::find(earlier_, call, &earlier_call::number);
  BOOST_ASSERT(answering_ != earlier_.end());
  exchange_with(*answering_);
  work();
  exchange_with(*answering_);
  answering_ = earlier_.end();
  release_answers();
}

bool session::answer_waits() const {
  return !earlier_.empty() && (answering_ != earlier_.begin() || queue_.above_soft());
}

std::string& session::place_of_answer() {
  if (!answer_waits()) return queue_.begin_append(host_.write_spare);
  return answering_ == earlier_.end() ? earlier_.emplace_back().answer : answering_->answer;
}

void session::release_answers() {
  bool any = false;
  while (!earlier_.empty() && !earlier_.front().open) {
    if (auto const& text = earlier_.front().answer; !text.empty()) {
      if (queue_.above_soft()) break; // the others leave when the peer has read
      queue_.begin_append(host_.write_spare) += text;
      any = true;
    }
    earlier_.pop_front();
  }
  if (earlier_.empty()) is_held_up_ = false;
  if (any) end_message();
}

bool session::may_begin_call() const {
  if (open_ || is_held_up_ || ending_ || closed_ || host_.stopping || queue_.above_soft())
    return false;
  return !paused_ || (queue_.empty() && host_.users.mostly_reads(peer_.uid));
}

bool session::has_next() const { return large_ ? large_->is_read : !starved_; }

void session::handle_frames() {
  in_turn_ = true;
  std::size_t handled = 0;
  if (large_ && large_->is_read && may_begin_call()) serve_large();
  while (!starved_ && !large_ && handled < host_.bounds.pipelined_calls && may_begin_call()) {
    auto const frame = reader_.next();
    if (!frame) {
      starved_ = true;
      break;
    }
    ++handled;
    auto const before = began_;
    dispatch(*frame);
    // The others are short. What is known of a call that was set aside is in the list.
    bool const is_timed = began_ != before || !earlier_.empty();
    if ((is_timed || handled % quick_calls_a_look == 0) &&
        clock::now() - turn_began_ > longest_turn)
      break;
  }
  in_turn_ = false;
  // Behind the answers of the calls before, as the answer to what it would have been.
  if (starved_ && earlier_.empty() && may_begin_call() && reader_.too_large())
    refuse("frame_bytes", reader_.buffered_bytes(), host_.bounds.frame_bytes);
  note_deadlines(handled);
}

void session::dispatch(std::string_view frame) {
  if (frame.size() > longest_here) {
    large_bytes_ = bytes_of_request(frame, host_.bounds.request_elements);
    large_ = host_.read_apart(*this, frame);
    return;
  }
  // A short cut answers at once, so nothing may be open before it.
  if (earlier_.empty() && answer_quickly(frame)) return;
  call_envelope envelope;
  if (auto const read = parse_envelope(frame, host_.json_bounds, envelope); !read)
    return not_varlink(read.error());
  interface_table::refusal refused;
  auto const* const which = host_.table.find(envelope, refused);
  if (!earlier_.empty() && !may_overlap(which, envelope.kind, frame.size())) {
    reader_.put_back(frame);
    is_held_up_ = true;
    return;
  }
  begin_call(bytes_of_request(frame, host_.bounds.request_elements), envelope.kind, which);
  if (which == nullptr) return fail(refused.name, refused.parameters);
  serve(envelope, *which);
  set_aside();
}

void session::serve_large() {
  auto const& envelope = large_->envelope;
  auto const* const which = large_->which;
  if (which == nullptr && large_->parameters.broken) {
    not_varlink(*large_->parameters.broken);
    large_bytes_ = 0;
    return large_.reset();
  }
  if (!earlier_.empty() && !may_overlap(which, envelope.kind, large_bytes_)) {
    is_held_up_ = true;
    return;
  }
  auto const taken = std::move(large_);
  begin_call(std::exchange(large_bytes_, 0), envelope.kind, which);
  if (which == nullptr)
    return fail(taken->parameters.refused->name, taken->parameters.refused->parameters);
  stands_for_ = kind_ == call_kind::more ? 0 : 1;
  began_ = clock::now();
  if (taken->thrown)
    guarded(*which, [&] { std::rethrow_exception(taken->thrown); });
  else
    serve(envelope, taken->parameters, {taken, taken->made.get()});
  set_aside();
}

void session::begin_call(std::size_t bytes, call_kind kind, interface_table::method const* which) {
  ++host_.figures.calls;
  ++call_;
  call_bytes_ = bytes;
  made_bytes_ = 0;
  open_ = true;
  kind_ = kind;
  method_ = which == nullptr ? &host_.unknown : &which->figures;
  row_ = which;
  stands_for_ = 0;
}

bool session::answer_quickly(std::string_view frame) {
  auto const [which, parameters] = host_.table.find_prepared(frame);
  // What becomes of a reply that cannot be queued is decided where the usual ones are.
  if (which == nullptr || gone_ || queue_.above_hard()) return false;
  bool const is_timed = (host_.figures.calls + 1) % quick_calls_a_timed_one == 0;
  if (is_timed) began_ = clock::now();
  auto& out = queue_.begin_append(host_.write_spare);
  auto const before = out.size();
  out += reply_beginning;
  auto const begin = out.size();
  bool const is_known = which->serve_quickly(parameters, peer_, out);
  if (!is_known || out.size() - begin > small_reply_bytes) {
    auto const text = out.substr(begin);
    out.resize(before);
    if (!is_known) return false;
    begin_call(frame.size(), call_kind::plain, which); // with all checks of a long reply
    reply(text);
    return true;
  }
  out += reply_end;
  ++host_.figures.calls;
  ++which->figures.replied;
  if (is_timed) which->figures.times.observe(clock::now() - began_, quick_calls_a_timed_one);
  end_message();
  return true;
}

void session::serve(call_envelope const& envelope, interface_table::method const& which) {
  stands_for_ = kind_ == call_kind::more ? 0 : 1;
  began_ = clock::now();
  boost::json::monotonic_resource arena(host_.parse_arena.data(), host_.parse_arena.size());
  serve(envelope, read_parameters_of(envelope, which, host_.json_bounds, &arena), {});
}

void session::serve(call_envelope const& envelope, read_parameters const& parameters,
                    std::shared_ptr<void> made) {
  if (auto const& refused = parameters.refused) return fail(refused->name, refused->parameters);
  if (auto const& broken = parameters.broken) {
    end_call(&method_figures::failed);
    return not_varlink(*broken);
  }
  invoke(*row_,
         call{envelope.method, *parameters.good, peer_, kind_ == call_kind::more,
              kind_ == call_kind::oneway, responder(host_.owner, id_, call_), std::move(made)});
}

void session::invoke(interface_table::method const& which, call const& made) {
  guarded(which, [&] { which.serve(made); });
}

void session::go_on() {
  // Out of the way while it runs: it may end the call, and with it what holds the function.
  auto const resume = std::exchange(hooks_->again, {});
  in_turn_ = true;
  guarded(*row_, resume);
  in_turn_ = false;
}

void session::guarded(interface_table::method const& which, std::function<void()> const& work) {
  std::string reason;
  auto const number = call_;
  try {
    return work();
  } catch (std::exception const& thrown) {
    reason = thrown.what();
  } catch (...) {
    reason = "an exception of unknown type";
  }
  log::write(
      log::level::error,
      which.of->description.name + '.' + which.description->name + " failed: " + reason,
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
  if (answer_waits() || !queue_.above_hard()) return true;
  overflowed_ = true;
  end_message();
  return false;
}

void session::end_message() {
  queue_.end_append();
  if (queue_.size() > held_.queued + report_bytes) account();
  if (!in_turn_) request_turn();
}

void session::account() {
  // What a closed one has read goes with it; a frame of it may be in use at the moment.
  held_bytes now{.read = closed_ ? 0 : reader_.held_bytes() + large_bytes_,
                 .called = open_ ? call_bytes_ + made_bytes_ : 0,
                 .queued = queue_.size()};
  for (auto const& one : earlier_) {
    now.called += one.open ? one.bytes + one.made : 0;
    now.queued += one.answer.size();
  }
  if (now == held_) return;
  host_.users.change(peer_.uid, held_, now);
  held_ = now;
  host_.usage_changed();
}

std::size_t session::queued_for_stream() {
  if (queue_.empty() || !host_.users.pauses(peer_.uid)) return queue_.size();
  queue_.expect_drained();
  return std::max(queue_.size(), host_.bounds.queue_soft_bytes + 1);
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

void session::making(std::size_t bytes) {
  made_bytes_ = bytes;
  account();
  if (bytes <= small_reply_bytes) return;
  auto const why = host_.users.refuse_reply(peer_.uid, held_, 0);
  if (!why) return;
  ++host_.figures.refused_replies;
  refuse_reply(limit_parameters(*why));
}

bool session::refuse_long_reply(std::size_t bytes) {
  made_bytes_ = 0; // it is in the reply now
  if (row_ == nullptr) return false;
  if (bytes > host_.bounds.reply_bytes) {
    refuse_reply(limit_parameters("reply_bytes", bytes, host_.bounds.reply_bytes));
    return true;
  }
  if (bytes <= small_reply_bytes) return false;
  account();
  auto const why = host_.users.refuse_reply(peer_.uid, held_, bytes);
  if (!why) return false;
  ++host_.figures.refused_replies;
  refuse_reply(limit_parameters(*why));
  return true;
}

void session::refuse_reply(std::string const& parameters) {
  // The producer of a stream is notified in the next turn, never from inside its own call.
  // Who has made an earlier call's answer is done.
  if (hooks_ && hooks_->closed && answering_ == earlier_.end())
    cut_off_ = std::move(hooks_->closed);
  auto const name = interface_table::limit_error_of(*row_);
  fail(name.empty() ? limit_exceeded : std::string_view(name), parameters);
}

void session::reply(std::uint64_t call, std::string_view parameters) {
  if (serves(call)) return reply(parameters);
  answer_earlier(call, [&] { reply(parameters); });
}

void session::fail(std::uint64_t call, std::string_view name, std::string_view parameters) {
  if (serves(call)) return fail(name, parameters);
  answer_earlier(call, [&] { fail(name, parameters); });
}

void session::reply(std::string_view parameters) {
  if (refuse_long_reply(parameters.size())) return;
  if (begin_message()) append_reply(place_of_answer(), parameters, false);
  if (!overflowed_) end_call(&method_figures::replied);
  end_message();
}

void session::reply_continues(std::string_view parameters) {
  BOOST_ASSERT(kind_ == call_kind::more);
  if (kind_ != call_kind::more || refuse_long_reply(parameters.size()) || !begin_message()) return;
  append_reply(queue_.begin_append(host_.write_spare), parameters, true);
  end_message();
}

void session::reply_continues(shared_text const& whole) {
  BOOST_ASSERT(kind_ == call_kind::more);
  if (kind_ != call_kind::more || refuse_long_reply(whole->size()) || !begin_message()) return;
  // What was queued before goes first, and what a turn queues leaves in one write.
  auto const sent = in_turn_ || !queue_.empty() ? 0 : send_some(*whole);
  if (sent == whole->size()) return;
  queue_.append_shared(whole, sent, host_.write_spare);
  end_message();
}

void session::fail(std::string_view name, std::string_view parameters) {
  ++host_.figures.errors;
  if (begin_message()) append_error(place_of_answer(), name, parameters);
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

void session::on_turn(std::function<void()> resume) {
  if (!hooks_) hooks_ = std::make_unique<hooks>();
  hooks_->again = std::move(resume);
  if (!in_turn_ && queue_.empty()) request_turn();
}

} // namespace cfgd::ipc
