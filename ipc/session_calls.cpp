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

// What a session does with the frames it has read: which of them begin a call, and when. What
// handlers answer is in session_answers.cpp; neither touches the socket (session.cpp).
//
// Calls of methods that overlap are set aside when their handler has returned: what is known of
// them goes into a list, and the next call becomes the one at hand. Behind them only calls of such
// methods begin; the first other one is put back and waits until all of them were answered. An
// answer that comes before its turn, of a call that was refused at once, waits in the list. How
// many bytes of calls a connection may have so is bounded by frame_bytes, their number by
// pipelined_calls.
//
// A large request is the last frame that is taken until it was read elsewhere (large_requests.cpp):
// then it begins, or waits, as it would have at once. So calls begin in their order.

namespace cfgd::ipc {

namespace {

/// To ask for the time twice would be dear beside what a short cut does.
constexpr std::uint32_t quick_calls_a_timed_one = 64;
/// For the same reason; so many of them take about 20 us.
constexpr std::size_t quick_calls_a_look = 16;
/// After this time other sessions have their turn, however many calls wait here.
constexpr std::chrono::microseconds longest_turn{50};
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

} // namespace cfgd::ipc
