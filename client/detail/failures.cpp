/// The makers keep the texts of one kind of failure in one place, so that the blocking and the
/// asynchronous client say the same.

#include "client/detail/failures.hpp"

#include "core/json.hpp"

#include <cstring>
#include <utility>

namespace cfgd::client::detail {

call_error unreachable(std::string_view path, std::string_view why) {
  std::string message = "cannot reach the service at '";
  message.append(path).append("': ").append(why);
  return {
      .kind = failure::unreachable, .message = std::move(message), .name = {}, .parameters = {}};
}

call_error timed_out() {
  return {.kind = failure::timed_out,
          .message = "the service did not answer in time",
          .name = {},
          .parameters = {}};
}

call_error closed(std::string_view why) {
  return {.kind = failure::closed, .message = std::string(why), .name = {}, .parameters = {}};
}

call_error protocol(std::string_view why) {
  std::string message = "the answer is not understood: ";
  message.append(why);
  return {.kind = failure::protocol, .message = std::move(message), .name = {}, .parameters = {}};
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
