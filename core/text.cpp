#include "core/text.hpp"

#include <utf8.h>

#include <algorithm>
#include <iterator>

// Text that Varlink clients can carry: UTF-8 without U+0000, U+FFFE and U+FFFF. The noncharacters
// are found by their bytes (EF BF BE, EF BF BF), which is sufficient in valid UTF-8.

namespace cfgd {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::size_t find_nonchar(std::string_view text) {
  for (std::size_t at = text.find("\xEF\xBF"); at != text.npos;
       at = text.find("\xEF\xBF", at + 1)) {
    if (at + 2 < text.size() && (text[at + 2] == '\xBE' || text[at + 2] == '\xBF')) return at;
  }
  return text.npos;
}

/// Whether it is ASCII without U+0000, as most texts are: then nothing in it is wrong. The loop is
/// one that compilers make of vectors.
bool is_plain_ascii(std::string_view text) {
  unsigned char bits = 0;
  bool any_zero = false;
  for (char const c : text) {
    bits |= static_cast<unsigned char>(c);
    any_zero |= c == '\0';
  }
  return bits < 0x80 && !any_zero;
}

/// UTF-16, which editors on Windows call "Unicode": a mark of its own, or every other byte is 0.
bool is_utf16(std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) return true;
  if (text.size() < 4) return false;
  bool const little = text[0] != '\0' && text[1] == '\0' && text[2] != '\0' && text[3] == '\0';
  bool const big = text[0] == '\0' && text[1] != '\0' && text[2] == '\0' && text[3] != '\0';
  return little || big;
}

error fault_at(std::string_view text, std::size_t offset, std::string message) {
  return {.code = errc::parse, .message = std::move(message), .where = place_at(text, offset)};
}

} // namespace

place place_at(std::string_view text, std::size_t offset) {
  std::string_view const before = text.substr(0, std::min(offset, text.size()));
  auto const lines = std::count(before.begin(), before.end(), '\n');
  std::size_t const line_start = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
  std::string_view const in_line = before.substr(line_start);
  // Continuation bytes do not begin a code point.
  auto const columns = std::count_if(in_line.begin(), in_line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  });
  return {.line = static_cast<std::uint32_t>(lines + 1),
          .column = static_cast<std::uint32_t>(columns + 1)};
}

result<void> check_text(std::string_view text) {
  if (is_utf16(text)) return fault_at(text, 0, "the file is in UTF-16; save it as UTF-8");
  if (text.starts_with(byte_order_mark))
    return fault_at(text, 0,
                    "the file begins with a byte order mark; save it as UTF-8 without one");
  if (is_plain_ascii(text)) return {};
  auto const invalid = utf8::find_invalid(text.begin(), text.end());
  if (invalid != text.end())
    return fault_at(text, static_cast<std::size_t>(std::distance(text.begin(), invalid)),
                    "invalid UTF-8; save the file as UTF-8");
  if (auto const at = text.find('\0'); at != text.npos)
    return fault_at(text, at, "U+0000 is not allowed; remove it");
  if (auto const at = find_nonchar(text); at != text.npos)
    return fault_at(text, at, "U+FFFE and U+FFFF are not allowed; remove them");
  return {};
}

bool is_clean_text(std::string_view text) {
  return is_plain_ascii(text) || (text.find('\0') == text.npos && find_nonchar(text) == text.npos &&
                                  utf8::find_invalid(text.begin(), text.end()) == text.end());
}

std::string text_fault(std::string_view text) {
  if (utf8::find_invalid(text.begin(), text.end()) != text.end())
    return "contains invalid UTF-8; write it in UTF-8";
  if (text.find('\0') != text.npos) return "contains U+0000; remove it";
  auto const at = find_nonchar(text);
  bool const is_last = at != text.npos && text[at + 2] == '\xBF';
  return is_last ? "contains U+FFFF; remove it" : "contains U+FFFE; remove it";
}

} // namespace cfgd
