#include "core/untyped.hpp"

#include "core/json.hpp"

#include <boost/json/value.hpp>

#include <cmath>
#include <string>

// One reader for all tokens that have no type of their own. It asks the reader of JSON what the
// text is and the writer of JSON whether the text would come back, so there is no second grammar
// of numbers.

namespace cfgd {
namespace {

bool begins_number(std::string_view text) {
  return !text.empty() && (text.front() == '-' || (text.front() >= '0' && text.front() <= '9'));
}

/// Reads a text that begins and ends like a number; absent: it is not JSON, or has blanks behind.
std::optional<result<boost::json::value>> read_number(std::string_view text) {
  if (!begins_number(text) || text.find_first_not_of("0123456789+-.eE") != text.npos)
    return std::nullopt;
  auto read = json::parse(text);
  if (!read && read.error().code != errc::bad_value) return std::nullopt;
  return read;
}

} // namespace

boost::json::value value_of_text(std::string_view text) {
  if (text == "null") return nullptr;
  if (text == "true") return true;
  if (text == "false") return false;
  auto const read = read_number(text);
  if (read && *read && json::canonical(**read) == text) return **read;
  return boost::json::value(text);
}

std::optional<boost::json::value> number_of_text(std::string_view text) {
  auto const read = read_number(text);
  if (!read || !*read) return std::nullopt;
  return **read;
}

std::string_view number_range_fault(std::string_view text) {
  auto const read = read_number(text);
  if (!read || *read) return {};
  return text.find_first_of(".eE") == text.npos ? integer_range_message : double_range_message;
}

} // namespace cfgd
