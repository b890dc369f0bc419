#include "core/value_path.hpp"

#include "core/document.hpp"
#include "core/limits.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

// A key never has an index: an array is one value. So the text is cut at the brackets, and what is
// between them is read as a dotted key.

namespace cfgd {
namespace {

/// Where the next "[" outside of quotes is; the end of the text if there is none.
std::size_t find_bracket(std::string_view text, std::size_t at) {
  char quote = '\0';
  for (; at < text.size(); ++at) {
    char const now = text[at];
    if (quote == '\0' && now == '[') return at;
    if (quote == '\0' && (now == '"' || now == '\''))
      quote = now;
    else if (quote == '"' && now == '\\')
      ++at;
    else if (now == quote)
      quote = '\0';
  }
  return text.size();
}

class path_reader {
 public:
  explicit path_reader(std::string_view text) : text_(text) {}

  result<value_path> read() {
    at_ = find_bracket(text_, 0);
    auto base = key::parse(text_.substr(0, at_));
    if (!base) return whole(base.error());
    value_path made{.base = std::move(*base), .inside = {}};
    while (at_ < text_.size()) {
      auto const read = text_[at_] == '[' ? read_index(made) : read_members(made);
      if (!read) return whole(read.error());
    }
    return made;
  }

 private:
  error whole(error why) const {
    if (why.code == errc::bad_key) why.subject = text_;
    return why;
  }

  error fault(std::string message) const {
    return {.code = errc::bad_key,
            .message = std::move(message) + " (column " +
                       std::to_string(place_at(text_, at_).column) + ")"};
  }

  result<void> read_index(value_path& into) {
    auto const end = text_.find(']', at_);
    if (end == text_.npos) return fault("the bracket is not closed");
    auto const digits = text_.substr(at_ + 1, end - at_ - 1);
    if (digits == "+") {
      if (end + 1 != text_.size()) return fault("[+] must be the last part");
      into.inside.emplace_back(value_path::append{});
    } else {
      std::size_t index = 0;
      auto const last = digits.data() + digits.size();
      auto const [stop, code] = std::from_chars(digits.data(), last, index);
      bool const is_canonical = digits.size() == 1 || !digits.starts_with('0');
      if (digits.empty() || code != std::errc() || stop != last || !is_canonical)
        return fault("an index must be a number from 0 on: [0]");
      into.inside.emplace_back(index);
    }
    at_ = end + 1;
    return {};
  }

  /// Reads ".url.x" up to the next bracket.
  result<void> read_members(value_path& into) {
    if (text_[at_] != '.') return fault("expected a dot or a bracket");
    auto const end = find_bracket(text_, at_);
    auto parts = split_dotted(text_.substr(at_ + 1, end - at_ - 1));
    if (!parts) return parts.error();
    for (auto& part : *parts)
      into.inside.emplace_back(std::move(part));
    at_ = end;
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string_view describe(std::string_view text) {
  switch (text.front()) {
  case '{':
    return "an object";
  case '[':
    return "an array";
  case '"':
    return "a string";
  case 't':
  case 'f':
    return "a boolean";
  default:
    return "a number";
  }
}

error bad_step(value_path const& which, std::string message) {
  return {.code = errc::bad_key, .message = std::move(message), .subject = which.str()};
}

} // namespace

std::string value_path::str(std::size_t steps) const {
  auto out = base.str();
  for (auto const& one : std::span(inside).first(steps)) {
    if (auto const* const name = std::get_if<std::string>(&one))
      append_key_part(out, *name);
    else if (auto const* const index = std::get_if<std::size_t>(&one))
      out.append("[").append(std::to_string(*index)).append("]");
    else
      out += "[+]";
  }
  return out;
}

result<value_path> parse_value_path(std::string_view text) {
  if (text.size() > limits::key_bytes)
    return error{.code = errc::limit,
                 .message = "the key is too long",
                 .subject = "key_bytes",
                 .used = text.size(),
                 .maximum = limits::key_bytes};
  if (!is_clean_text(text)) return key::parse(text).error();
  return path_reader(text).read();
}

bool has_index(std::string_view key_text) { return find_bracket(key_text, 0) != key_text.size(); }

error wrong_step(value_path const& which, std::size_t step, std::string_view there) {
  bool const is_member = std::holds_alternative<std::string>(which.inside[step]);
  return bad_step(which, "'" + which.str(step) + "' is " + std::string(describe(there)) +
                             (is_member ? " and has no members" : ", not an array"));
}

error no_element(value_path const& which, std::size_t step, std::size_t length) {
  auto const all = which.str(step + 1);
  auto const array = which.str(step);
  return bad_step(which, "'" + array + "' has " + std::to_string(length) +
                             (length == 1 ? " element" : " elements") + " and no " +
                             all.substr(array.size()));
}

namespace canonical {

result<std::optional<std::string_view>> find_inside(std::string_view text,
                                                    value_path const& which) {
  for (std::size_t step = 0; step < which.inside.size(); ++step) {
    auto const& one = which.inside[step];
    if (auto const* const name = std::get_if<std::string>(&one)) {
      auto const found = find(text, std::span(name, 1));
      if (!found) return std::optional<std::string_view>();
      text = *found;
      continue;
    }
    if (!text.starts_with('[')) return wrong_step(which, step, text);
    auto const* const index = std::get_if<std::size_t>(&one);
    if (index == nullptr) return bad_step(which, "[+] is not an element; only 'set' appends");
    auto const all = elements(text);
    if (*index >= all.size()) return no_element(which, step, all.size());
    text = all[*index];
  }
  return std::optional(text);
}

} // namespace canonical
} // namespace cfgd
