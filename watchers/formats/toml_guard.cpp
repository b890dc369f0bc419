#include "watchers/formats/toml_guard.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <vector>

// toml++ recurses once for each part of a dotted key (a key of 40,000 parts overflows the stack),
// needs about a hundred bytes for "[]", and searches lists of all tables for some headers. So depth
// and number of elements are counted first, by a scanner that knows only strings, comments,
// brackets, dots in keys and separators of values.
//
// In text that is not valid TOML the scanner may misread the rest after the first error; toml++
// stops at that error, so the rest is never parsed.

namespace cfgd::watchers::formats {

namespace {

class size_scanner {
 public:
  size_scanner(std::string_view text, limits const& bounds) : text_(text), bounds_(bounds) {}

  result<void> scan() {
    while (at_ < text_.size()) {
      last_ = at_;
      if (is_in_key_)
        scan_key_byte();
      else
        scan_value_byte();
      if (depth() > bounds_.file_depth) return refuse("file_depth", depth(), bounds_.file_depth);
      // A table may be named twice without a new element: [a.b] and then [a].
      if (elements_ > bounds_.file_elements || headers_ > 2 * bounds_.file_elements ||
          parts_in_all_ > 8 * bounds_.file_elements)
        return refuse("file_elements", std::max({elements_, headers_, parts_in_all_}),
                      bounds_.file_elements);
    }
    return {};
  }

 private:
  enum class kind : std::uint8_t { lines, list, inline_table };
  struct frame {
    kind what = kind::lines;
    std::size_t depth = 1;      ///< of the members or elements in it
    std::size_t key_parts = 1;  ///< of the key that is being given a value
    bool awaits_element = true; ///< in a list
  };

  std::size_t depth() const { return open_.back().depth + open_.back().key_parts - 1; }

  error refuse(std::string_view which, std::size_t used, std::size_t maximum) const {
    error refused = make_limit_error(which, used, maximum);
    refused.where = place_at(text_, last_);
    return refused;
  }

  void scan_key_byte() {
    frame& here = open_.back();
    switch (text_[at_]) {
    case '"':
    case '\'':
      skip_string();
      return;
    case '#':
      skip_comment();
      return;
    case '.':
      ++here.key_parts;
      ++parts_in_all_;
      break;
    case '=':
      ++elements_;
      ++parts_in_all_;
      is_in_key_ = false;
      break;
    case '[':
      if (here.what == kind::lines) begin_header();
      break;
    case ']':
      if (is_in_header_) end_header();
      break;
    case '}':
      if (here.what == kind::inline_table) close();
      break;
    case '\n':
      here.key_parts = 1;
      is_in_header_ = false;
      break;
    default:
      break;
    }
    ++at_;
  }

  void begin_header() {
    if (!is_in_header_) {
      ++headers_;
      ++parts_in_all_;
      open_.back().depth = 1;
      open_.back().key_parts = 1;
    }
    is_in_header_ = true;
  }

  void end_header() {
    open_.back().depth = 1 + open_.back().key_parts;
    open_.back().key_parts = 1;
    is_in_header_ = false;
  }

  void scan_value_byte() {
    frame& here = open_.back();
    char const byte = text_[at_];
    bool const starts_element = here.what == kind::list && here.awaits_element &&
                                std::string_view(" \t\r\n,]#").find(byte) == std::string_view::npos;
    if (starts_element) {
      here.awaits_element = false;
      ++elements_;
    }
    switch (byte) {
    case '"':
    case '\'':
      skip_string();
      return;
    case '#':
      skip_comment();
      return;
    case '[':
      open(kind::list);
      break;
    case '{':
      open(kind::inline_table);
      break;
    case ']':
      if (here.what == kind::list) close();
      break;
    case '}':
      if (here.what == kind::inline_table) close();
      break;
    case ',':
      next_value();
      break;
    case '\n':
      if (here.what == kind::lines) begin_key();
      break;
    default:
      break;
    }
    ++at_;
  }

  void open(kind what) {
    std::size_t const inner = depth() + 1;
    open_.push_back({.what = what, .depth = inner});
    is_in_key_ = what == kind::inline_table;
  }

  void close() {
    open_.pop_back();
    is_in_key_ = false;
  }

  void next_value() {
    if (open_.back().what == kind::inline_table) begin_key();
    open_.back().awaits_element = true;
  }

  void begin_key() {
    open_.back().key_parts = 1;
    is_in_key_ = true;
  }

  void skip_comment() { at_ = std::min(text_.find('\n', at_), text_.size()); }

  void skip_string() {
    char const quote = text_[at_];
    std::string_view const rest = text_.substr(at_);
    if (!is_in_key_ && rest.size() > 2 && rest[1] == quote && rest[2] == quote)
      skip_long_string(quote);
    else
      skip_short_string(quote);
  }

  void skip_short_string(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == quote) {
        ++at_;
        return;
      }
      if (text_[at_] == '\\' && quote == '"') ++at_;
    }
    at_ = std::min(at_, text_.size());
  }

  void skip_long_string(char quote) {
    at_ += 3;
    while (at_ < text_.size()) {
      if (text_[at_] == quote) {
        // Up to two quotes may stand before the three that close.
        std::size_t const end = std::min(text_.find_first_not_of(quote, at_), text_.size());
        bool const closes = end - at_ >= 3;
        at_ = end;
        if (closes) return;
      } else {
        at_ += text_[at_] == '\\' && quote == '"' ? 2 : 1;
      }
    }
    at_ = std::min(at_, text_.size());
  }

  std::string_view text_;
  limits const& bounds_;
  std::size_t at_ = 0;
  std::size_t last_ = 0; ///< where the token at hand begins
  std::vector<frame> open_ = {frame{}};
  bool is_in_key_ = true;
  bool is_in_header_ = false;
  std::size_t elements_ = 0;
  std::size_t headers_ = 0;
  std::size_t parts_in_all_ = 0;
};

} // namespace

result<void> check_toml_size(std::string_view text, limits const& bounds) {
  return size_scanner(text, bounds).scan();
}

} // namespace cfgd::watchers::formats
