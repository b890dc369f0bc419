#include "watchers/formats/json.hpp"

#include "core/untyped.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

// JSON and JSONC. core/json.hpp parses the value and finds every error. A second, much simpler pass
// over the valid text finds the places. It needs only the start of each name and element, so it
// follows the structure and skips strings, numbers and comments. There are two passes because the
// handler of the parser sees neither columns nor, with escapes, offsets.

namespace cfgd::watchers::formats {

namespace {

class place_scanner {
 public:
  explicit place_scanner(std::string_view text) : text_(text) {}

  /// The places of a valid text.
  std::vector<place> scan() {
    while (at_ < text_.size())
      scan_token();
    return std::move(places_);
  }

  /// The first duplicate name, or string that core rejects, in a text that is valid up to there.
  std::optional<error> find_bad_string() {
    seeks_fault_ = true;
    while (at_ < text_.size() && !fault_)
      scan_token();
    return std::move(fault_);
  }

 private:
  struct container {
    bool is_object = false;
    bool awaits = true; ///< next is a name in an object, or an element in a list
    std::unordered_map<std::string, place> names = {}; ///< filled only by find_bad_string()
  };

  void scan_token() {
    switch (text_[at_]) {
    case '{':
    case '[':
      mark();
      open_.push_back({.is_object = text_[at_] == '{'});
      step();
      break;
    case '}':
    case ']':
      open_.pop_back();
      step();
      break;
    case ',':
      open_.back().awaits = true;
      step();
      break;
    case '"':
      scan_string();
      break;
    case '/':
      skip_comment();
      break;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
    case ':':
      step();
      break;
    default:
      scan_literal();
      break;
    }
  }

  /// Records the place if a name or an element starts here; returns whether one does.
  bool mark() {
    if (open_.empty() || !open_.back().awaits) return false;
    open_.back().awaits = false;
    places_.push_back(here());
    return true;
  }

  void scan_string() {
    bool const is_name = mark() && open_.back().is_object;
    place const where = here();
    std::size_t const begin = at_;
    step();
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') step();
      step();
    }
    step();
    if (seeks_fault_) check_string(text_.substr(begin, at_ - begin), where, is_name);
  }

  void check_string(std::string_view token, place where, bool is_name) {
    auto const text = json::parse(token);
    if (!text) {
      fault_ = text.error();
      fault_->where = where;
    } else if (is_name) {
      auto const [first, is_new] =
          open_.back().names.try_emplace(std::string(text->get_string()), where);
      if (!is_new)
        fault_ = make_parse_error(where,
                                  "duplicate key " + in_quotes(first->first) + " (first at line " +
                                      std::to_string(first->second.line) + "); remove one of them");
    }
  }

  void scan_literal() {
    mark();
    while (at_ < text_.size() && std::string_view(",]} \t\r\n/").find(text_[at_]) == text_.npos)
      step();
  }

  void skip_comment() {
    bool const to_line_end = text_.substr(at_).starts_with("//");
    std::string_view const mark = to_line_end ? "\n" : "*/";
    std::size_t const end = text_.find(mark, at_ + 2);
    std::size_t const after = end == text_.npos ? text_.size() : end + mark.size();
    while (at_ < after)
      step();
  }

  place here() const { return {.line = line_, .column = column_}; }

  void step() {
    if (at_ == text_.size()) return;
    auto const byte = static_cast<unsigned char>(text_[at_++]);
    if (byte == '\n') {
      ++line_;
      column_ = 1;
    } else if (at_ == text_.size() || (static_cast<unsigned char>(text_[at_]) & 0xC0U) != 0x80U) {
      ++column_; // the next byte starts a code point
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t column_ = 1;
  std::vector<container> open_;
  std::vector<place> places_;
  bool seeks_fault_ = false;
  std::optional<error> fault_;
};

constexpr std::string_view to_keep_it = "; quote it to keep it as text";

/// Whether a comma is the last thing before `offset` but blanks.
bool is_after_comma(std::string_view text, std::size_t offset) {
  auto const last = text.substr(0, offset).find_last_not_of(" \t\r\n");
  return last != text.npos && text[last] == ',';
}

/// What JSON does not allow and .jsonc does; empty: it is something else. `at` is where the parser
/// stopped.
std::string_view find_relaxed_syntax(std::string_view text, std::size_t at) {
  auto const rest = text.substr(at);
  if (rest.starts_with("//") || rest.starts_with("/*"))
    return "comments are allowed in .jsonc files only; rename the file or remove the comment";
  if ((rest.starts_with('}') || rest.starts_with(']')) && is_after_comma(text, at))
    return "a comma before a closing bracket is allowed in .jsonc files only; rename the file or "
           "remove the comma";
  if (rest.starts_with('#')) return "JSON has no comments with '#'; .jsonc files have // and /* */";
  return {};
}

/// The offset of a place that place_at() made.
std::size_t offset_of(std::string_view text, place where) {
  std::size_t at = 0;
  for (std::uint32_t line = 1; line < where.line && at != text.npos; ++line)
    at = text.find('\n', at) + 1;
  for (std::uint32_t column = 1; column < where.column && at < text.size(); ++column) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U)
      ++at;
  }
  return std::min(at, text.size());
}

error explain(std::string_view text, json::dialect kind, error refused) {
  if (refused.code == errc::limit) {
    auto const* const name = refused.subject == "depth" ? "file_depth" : "file_elements";
    place const where = refused.where;
    refused = make_limit_error(name, refused.used, refused.maximum);
    refused.where = where;
  } else if (refused.message.starts_with("duplicate") ||
             refused.message.find(" contains ") != std::string::npos) {
    if (auto exact = place_scanner(text).find_bad_string()) refused = *std::move(exact);
  } else if (refused.message == integer_range_message || refused.message == double_range_message) {
    refused.message += to_keep_it;
  } else if (kind == json::dialect::strict) {
    auto const why = find_relaxed_syntax(text, offset_of(text, refused.where));
    if (!why.empty()) refused.message = why;
  }
  if (refused.code == errc::bad_value) { // in a file any error is an error of its text
    refused.code = errc::parse;
    refused.subject.clear();
  }
  return refused;
}

} // namespace

result<sourced_value> read_json(std::string_view text, json::dialect kind, limits const& bounds,
                                json::big_integers beyond_int64) {
  auto value = json::parse(
      text, kind,
      {.depth = bounds.file_depth, .elements = bounds.file_elements, .beyond_int64 = beyond_int64});
  if (!value) return explain(text, kind, value.error());
  return sourced_value{.root = *std::move(value), .places = place_scanner(text).scan()};
}

} // namespace cfgd::watchers::formats
