/// KEY=VALUE.
///
/// `set site.title=Hello` has to work without quotes for the shell, so a value has no type:
/// objects, arrays and strings in quotes are JSON, other texts are read as in .env files. A mistake
/// in a JSON text would silently become a string, and so does a number that is not written as it is
/// printed: both get a remark.

#include "cfgctl/commands/assignment.hpp"

#include "core/json.hpp"
#include "core/untyped.hpp"

#include <utility>

namespace cfgd::cfgctl {
namespace {

error refuse(errc code, std::string_view text, std::string message) {
  return {.code = code, .message = std::move(message), .subject = std::string(text)};
}

bool looks_like_json(std::string_view text) {
  auto const first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos &&
         (text[first] == '{' || text[first] == '[' || text[first] == '"');
}

/// Adds why a text that looks like a number is sent as a string.
void add_remark(assignment& into, std::string_view text) {
  if (auto const range = number_range_fault(text); !range.empty()) {
    into.remark = "taken as a string: " + std::string(range);
    return;
  }
  auto const number = number_of_text(text);
  auto const digits = text.substr(text.starts_with('-') ? 1 : 0);
  bool const is_digits =
      !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (!number && !is_digits) return;
  std::string out = "taken as a string unless its schema asks for a number";
  if (number) out += ", because as a number it is " + json::canonical(*number);
  into.remark = out + "; --string and --json say which is meant";
  into.schema_may_decide = true;
}

void take_text(assignment& into, std::string_view written) {
  if (!looks_like_json(written)) {
    into.value = value_of_text(written);
    if (into.value.is_string()) add_remark(into, written);
    return;
  }
  auto parsed = json::parse(written);
  if (parsed) {
    into.value = std::move(*parsed);
    return;
  }
  into.value = boost::json::value(boost::json::string(written));
  into.remark = "taken as a string: " + to_string(parsed.error());
}

} // namespace

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

result<assignment> parse_assignment(std::string_view text, value_syntax how) {
  auto const at = end_of_key(text);
  if (at == std::string_view::npos) {
    return refuse(errc::bad_key, text, "missing value: set KEY=VALUE");
  }
  if (at == 0) return refuse(errc::bad_key, "", "KEY is empty");

  assignment out;
  out.key = text.substr(0, at);
  auto const written = text.substr(at + 1);
  if (how == value_syntax::string) {
    out.value = boost::json::value(boost::json::string(written));
    return out;
  }
  if (how == value_syntax::json) {
    auto parsed = json::parse(written);
    if (!parsed) {
      auto refused = parsed.error();
      refused.subject = out.key;
      refused.where = {};
      refused.message = "not valid JSON: " + refused.message;
      return refused;
    }
    out.value = std::move(*parsed);
  } else {
    take_text(out, written);
  }
  if (out.value.is_null()) {
    return refuse(errc::bad_value, out.key, "null is not a value; use 'unset' to remove a key");
  }
  return out;
}

} // namespace cfgd::cfgctl
