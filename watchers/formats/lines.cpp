#include "watchers/formats/lines.hpp"

#include "core/text.hpp"
#include "watchers/formats/sourced_value.hpp"

#include <algorithm>

// Lines, for .ini and .env. Only "\n" ends a line, and a "\r" before it belongs to the end. Any
// other "\r" is a fault: a file of a Mac of long ago would be one line, and thus one value.

namespace cfgd::watchers::formats {

place text_line::at(std::size_t offset) const {
  std::string_view const before = text.substr(0, offset);
  // Continuation bytes do not start a code point.
  auto const points = std::count_if(before.begin(), before.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  });
  return {.line = number, .column = static_cast<std::uint32_t>(points) + 1};
}

result<void> check_line_ends(std::string_view text) {
  for (auto at = text.find('\r'); at != text.npos; at = text.find('\r', at + 1)) {
    if (at + 1 == text.size() || text[at + 1] == '\n') continue;
    return make_parse_error(place_at(text, at),
                            "carriage return inside of a line; write LF or CR LF ends");
  }
  return {};
}

std::optional<text_line> line_reader::next() {
  if (rest_.empty()) return std::nullopt;
  std::size_t const end = std::min(rest_.find('\n'), rest_.size());
  std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return text_line{.text = line, .number = ++number_};
}

bool is_blank(char byte) { return byte == ' ' || byte == '\t'; }

std::size_t skip_blanks(std::string_view text, std::size_t from) {
  while (from < text.size() && is_blank(text[from]))
    ++from;
  return from;
}

std::string_view trim(std::string_view text) {
  text.remove_prefix(skip_blanks(text, 0));
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

} // namespace cfgd::watchers::formats
