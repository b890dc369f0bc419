#include "ipc/session.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <string>
#include <utility>

// What a session does with what handlers answer: replies go into the queue and leave at the end of
// the turn (session.cpp).
//
// An earlier call, which was set aside (session_calls.cpp), is at hand again while it is answered,
// so that there is one way to answer. Its answer waits in the list for those of the calls before
// it.
//
// A message that many watchers get is one text: it goes to the kernel from where it is, and only
// what the kernel does not take is queued. This runs no callback and does not close: what is left
// is for a turn.
//
// The limit reply_bytes is enforced here and nowhere else for replies in one piece: a longer one
// becomes an error that names the limit, and the connection goes on.

namespace cfgd::ipc {

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
