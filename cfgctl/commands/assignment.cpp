/// KEY=VALUE.
///
/// `set site.title=Hello` has to work without quotes for the shell, so a text that is not valid
/// JSON is a string. A mistake in a JSON text would silently become a string: a text that begins
/// like an object, an array, a string or a number gets a remark.

#include "cfgctl/commands/assignment.hpp"

#include "core/json.hpp"

#include <utility>

namespace cfgd::cfgctl {
namespace {

error refuse(errc code, std::string_view text, std::string message) {
  return {.code = code, .message = std::move(message), .subject = std::string(text)};
}

/// Position of the '=' that ends the key, or npos.
std::size_t end_of_key(std::string_view text) {
  char quote = '\0';
  for (std::size_t at = 0; at < text.size(); ++at) {
    char const now = text[at];
    if (quote != '\0') {
      if (now == '\\' && quote == '"') {
        ++at;
      } else if (now == quote) {
        quote = '\0';
      }
    } else if (now == '=') {
      return at;
    } else if (now == '"' || now == '\'') {
      quote = now;
    }
  }
  return std::string_view::npos;
}

bool looks_like_json(std::string_view text) {
  auto const first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return false;
  if (text[first] == '{' || text[first] == '[' || text[first] == '"') return true;
  // Only digits: an integer out of range.
  auto const digits = text.substr(text[first] == '-' ? first + 1 : first);
  return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

} // namespace

result<assignment> parse_assignment(std::string_view text) {
  auto const at = end_of_key(text);
  if (at == std::string_view::npos) {
    return refuse(errc::bad_key, text, "expected KEY=VALUE, there is no '='");
  }
  if (at == 0) return refuse(errc::bad_key, text, "there is no key before the '='");

  assignment out;
  out.key = text.substr(0, at);
  auto const written = text.substr(at + 1);
  auto parsed = json::parse(written);
  if (!parsed) {
    out.value = boost::json::value(boost::json::string(written));
    if (looks_like_json(written)) out.remark = "taken as a string: " + to_string(parsed.error());
    return out;
  }
  if (parsed->is_null()) {
    return refuse(errc::bad_value, out.key, "null is not a value; use 'unset' to remove a key");
  }
  out.value = std::move(*parsed);
  return out;
}

} // namespace cfgd::cfgctl
