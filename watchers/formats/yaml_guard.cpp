#include "watchers/formats/yaml_guard.hpp"

#include "core/text.hpp"
#include "watchers/formats/sourced_value.hpp"

#include <algorithm>
#include <string>

// Three mistakes of libyaml's scanner change values without an error:
//
// - "[?x]" and "{?x: 1}": a "?" inside brackets begins a complex key although no blank follows; in
//   YAML 1.2 it begins a plain scalar.
// - "&an:chor x": the name of an anchor ends before the ":"; in YAML 1.2 the name contains it.
// - A block scalar whose last line has only blanks and no end of line: the line counts as text
//   without an end, or is left out.
//
// Each is an error here, because what the file means is not what libyaml reads. The events have the
// positions of the tokens, in characters; the text around a position shows the construct.

namespace cfgd::watchers::formats {

namespace {

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

bool is_blank_or_break(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/// The characters that libyaml takes for the name of an anchor.
bool is_name_byte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
}

bool has_anchor(yaml_event_t const& event) {
  switch (event.type) {
  case YAML_SCALAR_EVENT:
    return event.data.scalar.anchor != nullptr;
  case YAML_SEQUENCE_START_EVENT:
    return event.data.sequence_start.anchor != nullptr;
  case YAML_MAPPING_START_EVENT:
    return event.data.mapping_start.anchor != nullptr;
  default:
    return false;
  }
}

bool is_block_scalar(yaml_event_t const& event) {
  return event.type == YAML_SCALAR_EVENT && (event.data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
                                             event.data.scalar.style == YAML_FOLDED_SCALAR_STYLE);
}

bool is_empty_scalar(yaml_event_t const& event) {
  return event.type == YAML_SCALAR_EVENT && event.start_mark.index == event.end_mark.index;
}

/// Where the next anchor begins, behind a tag, blanks and comments; npos: none does.
std::size_t find_anchor(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (text[at] == '&') return at;
    if (text[at] == '!') {
      while (at < text.size() && !is_blank_or_break(text[at]))
        ++at;
    } else if (text[at] == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (is_blank_or_break(text[at])) {
      ++at;
    } else {
      return text.npos;
    }
  }
  return text.npos;
}

} // namespace

std::optional<error> yaml_guard::check(yaml_event_t const& event) {
  if (event.type != YAML_SCALAR_EVENT && event.type != YAML_ALIAS_EVENT &&
      event.type != YAML_SEQUENCE_START_EVENT && event.type != YAML_MAPPING_START_EVENT)
    return std::nullopt;
  if (is_empty_scalar(event) && !has_anchor(event)) return std::nullopt;
  std::size_t const begin = offset_of(event.start_mark);
  if (auto refused = check_question_mark(begin)) return refused;
  if (event.type == YAML_ALIAS_EVENT) return check_name_end(begin, '*');
  if (has_anchor(event)) {
    auto const anchor = find_anchor(text_, begin);
    if (anchor != text_.npos) {
      if (auto refused = check_name_end(anchor, '&')) return refused;
    }
  }
  if (is_block_scalar(event)) return check_block_end(event, begin);
  return std::nullopt;
}

/// The byte of a position. Positions of consecutive events are near each other.
std::size_t yaml_guard::offset_of(yaml_mark_t const& mark) {
  while (index_ > mark.index) {
    do
      --offset_;
    while (is_continuation(text_[offset_]));
    --index_;
  }
  while (index_ < mark.index && offset_ < text_.size()) {
    do
      ++offset_;
    while (offset_ < text_.size() && is_continuation(text_[offset_]));
    ++index_;
  }
  return offset_;
}

std::optional<error> yaml_guard::check_question_mark(std::size_t begin) const {
  if (begin == 0 || begin > text_.size() || text_[begin - 1] != '?') return std::nullopt;
  return make_parse_error(place_at(text_, begin - 1),
                          "a '?' that begins a text is not supported here; quote the text, or put "
                          "a blank after a '?' that begins a key");
}

std::optional<error> yaml_guard::check_name_end(std::size_t begin, char sign) const {
  if (begin >= text_.size() || text_[begin] != sign) return std::nullopt;
  std::size_t end = begin + 1;
  while (end < text_.size() && is_name_byte(text_[end]))
    ++end;
  if (end == text_.size() || is_blank_or_break(text_[end]) ||
      std::string_view(",[]{}").find(text_[end]) != std::string_view::npos)
    return std::nullopt;
  return make_parse_error(place_at(text_, end),
                          std::string("the name of an ") + (sign == '&' ? "anchor" : "alias") +
                              " may have letters, digits, '-' and '_' only; put a blank after it");
}

std::optional<error> yaml_guard::check_block_end(yaml_event_t const& event, std::size_t begin) {
  auto const last_break = text_.find_last_of("\r\n");
  if (last_break == text_.npos || last_break + 1 == text_.size()) return std::nullopt;
  auto const last_line = text_.substr(last_break + 1);
  if (last_line.find_first_not_of(" \t") != last_line.npos) return std::nullopt;
  if (offset_of(event.end_mark) < last_break + 1) return std::nullopt;
  auto const header = text_.substr(begin, text_.find_first_of("\r\n", begin) - begin);
  auto const& scalar = event.data.scalar;
  bool const keeps = header.substr(0, header.find('#')).find('+') != header.npos;
  bool const has_blanks = scalar.length > 0 && (scalar.value[scalar.length - 1] == ' ' ||
                                                scalar.value[scalar.length - 1] == '\t');
  if (!keeps && !has_blanks) return std::nullopt;
  return make_parse_error(place_at(text_, last_break + 1),
                          "the last line of a block scalar has only blanks and no end of line; "
                          "remove it or end it");
}

} // namespace cfgd::watchers::formats
