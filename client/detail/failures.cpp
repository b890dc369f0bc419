#include "client/detail/failures.hpp"

#include "core/json.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace cfgd::client::detail {

namespace {

call_error make(failure kind, std::string message) {
  return {.kind = kind, .message = std::move(message), .name = {}, .parameters = {}};
}

std::string joined(std::string_view what, std::string_view why) {
  return std::string(what).append(": ").append(why);
}

} // namespace

call_error unreachable(std::string_view path, std::string_view why) {
  std::string message = "cannot connect to '";
  message.append(path).append("': ").append(why);
  bool const nobody = why == errno_text(ENOENT) || why == errno_text(ECONNREFUSED);
  if (nobody) message += " (is cfgd running?)";
  return make(failure::unreachable, std::move(message));
}

call_error timed_out() { return make(failure::timed_out, "the service did not answer in time"); }

call_error closed(std::string_view why) { return make(failure::closed, std::string(why)); }

call_error protocol(std::string_view why) {
  return make(failure::protocol, joined("the service sent an invalid reply", why));
}

call_error unexpected_reply(std::string_view method, std::string_view why) {
  return make(failure::protocol, joined("unexpected reply to " + std::string(method), why));
}

call_error refused(std::string name, boost::json::object parameters) {
  std::string message = name;
  if (!parameters.empty()) {
    message += ' ';
    json::append_compact(message, parameters);
  }
  return {.kind = failure::refused,
          .message = std::move(message),
          .name = std::move(name),
          .parameters = std::move(parameters)};
}

std::string errno_text(int number) {
  char const* const text = ::strerrordesc_np(number);
  return text != nullptr ? text : "error " + std::to_string(number);
}

} // namespace cfgd::client::detail
