#include "client/detail/exchange.hpp"

#include "client/detail/failures.hpp"
#include "core/limits.hpp"

#include <cerrno>
#include <utility>

namespace cfgd::client::detail {
namespace {

/// Largest reply that is read: what the service sends at most, and the maximum of sd-varlink.
constexpr std::size_t maximum_reply_bytes = limits{}.reply_bytes;
/// Room offered to one read.
constexpr std::size_t read_bytes = 64 * 1024;
/// Replies may be larger than the calls that a service accepts, and are bounded all the same.
constexpr json::read_limits reply_bounds{.depth = 256, .elements = 4'000'000};

} // namespace

exchange::exchange() : incoming_(maximum_reply_bytes) {}

void exchange::connect(std::string path, clock::time_point deadline) {
  path_ = std::move(path);
  incoming_ = ipc::frame_reader(maximum_reply_bytes);
  begin(stage::connecting, deadline);
}

void exchange::call(std::string_view method, std::string_view parameters, ipc::call_kind kind,
                    clock::time_point deadline) {
  outgoing_.clear();
  sent_ = 0;
  kind_ = kind;
  ipc::append_call(outgoing_, method, parameters, kind);
  begin(stage::sending, deadline);
}

void exchange::next_reply(clock::time_point deadline) {
  begin(stage::receiving, deadline);
  receive_next();
}

void exchange::begin(stage what, clock::time_point deadline) {
  stage_ = what;
  blocked_ = false;
  broken_ = false;
  deadline_ = deadline;
  outcome_ = reply();
}

action exchange::next() const {
  switch (stage_) {
  case stage::idle:
    break;
  case stage::connecting:
    return blocked_ ? action::wait_backlog : action::connect;
  case stage::sending:
    return blocked_ ? action::wait_writable : action::send;
  case stage::receiving:
    return blocked_ ? action::wait_readable : action::receive;
  }
  return action::done;
}

std::span<char> exchange::room() { return incoming_.prepare(read_bytes); }

void exchange::on_connect(int error) {
  if (error == 0) {
    stage_ = stage::idle;
  } else if (error == EAGAIN) {
    blocked_ = true;
  } else {
    fail(unreachable(path_, errno_text(error)));
  }
}

void exchange::on_sent(std::ptrdiff_t count, int error) {
  if (count >= 0) {
    sent_ += static_cast<std::size_t>(count);
    if (sent_ < outgoing_.size()) return;
  } else if (error == EAGAIN) {
    blocked_ = true;
    return;
  } else if (error == EINTR) {
    return;
  } else if (error != EPIPE && error != ECONNRESET) {
    fail(closed(errno_text(error)));
    return;
  }
  if (kind_ == ipc::call_kind::oneway) {
    stage_ = stage::idle;
    return;
  }
  stage_ = stage::receiving;
  receive_next();
}

void exchange::receive_next() {
  if (auto const text = incoming_.next()) {
    on_message(*text);
  } else if (incoming_.too_large()) {
    fail(protocol("it is larger than " + std::to_string(maximum_reply_bytes) + " bytes"));
  } else {
    blocked_ = true; // the answer to a call takes a while: asking the kernel now would be in vain
  }
}

void exchange::on_received(std::ptrdiff_t count, int error) {
  if (count > 0) {
    incoming_.commit(static_cast<std::size_t>(count));
    receive_next();
  } else if (count == 0) {
    fail(closed("the service closed the connection"));
  } else if (error == EAGAIN) {
    blocked_ = true;
  } else if (error != EINTR) {
    fail(closed(errno_text(error)));
  }
}

void exchange::on_message(std::string_view text) {
  auto message = ipc::parse_reply(text, reply_bounds);
  if (!message) return fail(protocol(message.error().message));
  if (message->continues && kind_ == ipc::call_kind::plain) {
    return fail(protocol("it announces more replies than were asked for"));
  }
  stage_ = stage::idle;
  if (!message->error.empty()) {
    outcome_ = refused(std::move(message->error), std::move(message->parameters));
  } else {
    outcome_ = reply{.parameters = std::move(message->parameters), .continues = message->continues};
  }
}

void exchange::on_timeout() { fail(timed_out()); }

void exchange::fail(call_error why) {
  stage_ = stage::idle;
  broken_ = true;
  outcome_ = std::move(why);
}

result<reply> exchange::take() { return std::exchange(outcome_, reply()); }

exchange::clock::time_point deadline_after(std::chrono::milliseconds limit) {
  return limit.count() > 0 ? exchange::clock::now() + limit : exchange::clock::time_point::max();
}

} // namespace cfgd::client::detail
