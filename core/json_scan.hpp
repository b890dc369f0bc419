#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace cfgd::json {

/// The position after the JSON string whose opening quote is at `at`; the size of the text if it
/// has no end. In a header, because it is called for every name and value of a document.
inline std::size_t skip_string(std::string_view text, std::size_t at) {
  for (std::size_t from = ++at;; ++at) {
    at = text.find('"', at); // many bytes at a time, unlike a loop
    if (at == text.npos) return text.size();
    std::size_t escapes = 0;
    while (at - escapes > from && text[at - escapes - 1] == '\\')
      ++escapes;
    if (escapes % 2 == 0) return at + 1;
  }
}

/// Appends the text of a string of a canonical text, which comes with its quotes.
void append_unquoted(std::string& out, std::string_view quoted);

/// The position after the array or object whose bracket is at `at`.
inline std::size_t skip_brackets(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    char const c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
      continue;
    }
    ++at;
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && --depth == 0) break;
  }
  return at;
}

/// The position after the leaf that begins at `at`: any value but an object with members.
inline std::size_t skip_leaf(std::string_view text, std::size_t at) {
  if (text[at] == '"') return skip_string(text, at);
  if (text[at] == '[' || text[at] == '{') return skip_brackets(text, at);
  return std::min(text.find_first_of(",}", at), text.size());
}

} // namespace cfgd::json
