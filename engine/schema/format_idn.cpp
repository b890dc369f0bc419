#include "engine/schema/format.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

// Labels of host names with letters beyond ASCII, plain or as Punycode (RFC 3492). They are checked
// for what can be told without the tables of IDNA 2008 (RFC 5892): lengths, hyphens, combining
// marks in front, the characters that may stand in certain company only, and the symbols that
// people mistake for letters. The rules for scripts that run from right to left (RFC 5893) are not
// checked.

namespace cfgd::schema {
namespace {

constexpr std::size_t longest_label = 63;

bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
bool is_letter(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z'); }

/// The next character of UTF-8 that is known to be good; 0 at the end.
char32_t take_character(std::string_view& text) {
  if (text.empty()) return 0;
  auto const first = static_cast<unsigned char>(text.front());
  std::size_t const size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  char32_t out = size == 1 ? first : first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size && i < text.size(); ++i)
    out = (out << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  text.remove_prefix(std::min(size, text.size()));
  return out;
}

struct span_of {
  char32_t first;
  char32_t last;
};

template <std::size_t Size>
bool is_in(std::array<span_of, Size> const& spans, char32_t c) {
  return std::any_of(spans.begin(), spans.end(),
                     [&](span_of const& one) { return c >= one.first && c <= one.last; });
}

/// DISALLOWED by RFC 5892 and often met: blanks, punctuation, symbols, forms that stand for others.
constexpr std::array<span_of, 19> forbidden{{{0x80, 0xB6},
                                             {0xB8, 0xDE},
                                             {0xF7, 0xF7},
                                             {0x2000, 0x200B},
                                             {0x200E, 0x2183},
                                             {0x2190, 0x2BFF},
                                             {0x3000, 0x3004},
                                             {0x3008, 0x3029},
                                             {0x302E, 0x3030},
                                             {0x3031, 0x303B},
                                             {0x303D, 0x303F},
                                             {0x0640, 0x0640},
                                             {0x07FA, 0x07FA},
                                             {0x3164, 0x3164},
                                             {0xD800, 0xF8FF},
                                             {0xFE00, 0xFE1F},
                                             {0xFE30, 0xFFFF},
                                             {0x1D100, 0x1FFFF},
                                             {0xE0000, 0x10FFFF}}};
/// Combining marks, with which no label begins.
constexpr std::array<span_of, 8> marks{{{0x300, 0x36F},
                                        {0x483, 0x489},
                                        {0x591, 0x5BD},
                                        {0x610, 0x61A},
                                        {0x64B, 0x65F},
                                        {0x900, 0x903},
                                        {0x93A, 0x94F},
                                        {0x302A, 0x302D}}};
constexpr std::array<span_of, 4> kana_or_han{
    {{0x3041, 0x30FA}, {0x30FC, 0x30FF}, {0x3400, 0x9FFF}, {0x3005, 0x3007}}};
constexpr std::array<span_of, 15> viramas{{{0x94D, 0x94D},
                                           {0x9CD, 0x9CD},
                                           {0xA4D, 0xA4D},
                                           {0xACD, 0xACD},
                                           {0xB4D, 0xB4D},
                                           {0xBCD, 0xBCD},
                                           {0xC4D, 0xC4D},
                                           {0xCCD, 0xCCD},
                                           {0xD3B, 0xD3C},
                                           {0xD4D, 0xD4D},
                                           {0xDCA, 0xDCA},
                                           {0xE3A, 0xE3A},
                                           {0x1039, 0x103A},
                                           {0x17D2, 0x17D2},
                                           {0x1B44, 0x1B44}}};

/// CONTEXTO and CONTEXTJ of RFC 5892, appendix A.
bool fits_company(char32_t before, char32_t c, char32_t after, std::u32string_view label) {
  auto const has = [&](char32_t first, char32_t last) {
    return std::any_of(label.begin(), label.end(),
                       [&](char32_t one) { return one >= first && one <= last; });
  };
  switch (c) {
  case 0xB7: // middle dot, between two "l"
    return before == U'l' && after == U'l';
  case 0x375: // Greek keraia
    return after >= 0x370 && after <= 0x3FF;
  case 0x5F3: // Hebrew geresh, gershayim
  case 0x5F4:
    return before >= 0x590 && before <= 0x5FF;
  case 0x30FB: // Katakana middle dot
    return std::any_of(label.begin(), label.end(),
                       [](char32_t one) { return is_in(kana_or_han, one); });
  case 0x200C: // the joiners
  case 0x200D:
    return is_in(viramas, before);
  default:
    break;
  }
  if (c >= 0x660 && c <= 0x669) return !has(0x6F0, 0x6F9);
  if (c >= 0x6F0 && c <= 0x6F9) return !has(0x660, 0x669);
  return !is_in(forbidden, c);
}

bool is_good(std::u32string_view label) {
  if (label.empty() || label.size() > longest_label - 4 || label.front() == U'-' ||
      label.back() == U'-')
    return false;
  if (label.size() >= 4 && label[2] == U'-' && label[3] == U'-') return false;
  if (is_in(marks, label.front())) return false;
  for (std::size_t i = 0; i < label.size(); ++i) {
    char32_t const c = label[i];
    if (c < 0x80 && !is_letter(c) && !is_digit(c) && c != U'-') return false;
    char32_t const before = i > 0 ? label[i - 1] : 0;
    char32_t const after = i + 1 < label.size() ? label[i + 1] : 0;
    if (c >= 0x80 && !fits_company(before, c, after, label)) return false;
  }
  return true;
}

/// RFC 3492 section 6.1.
std::uint32_t adapt(std::uint32_t delta, std::uint32_t points, bool first) {
  delta = first ? delta / 700 : delta / 2;
  delta += delta / points;
  std::uint32_t k = 0;
  for (; delta > 455; k += 36)
    delta /= 35;
  return k + 36 * delta / (delta + 38);
}

/// RFC 3492 section 6.2, of what follows "xn--".
std::optional<std::u32string> decode_punycode(std::string_view text) {
  std::u32string out;
  if (auto const dash = text.rfind('-'); dash != text.npos) {
    out.assign(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(dash));
    text.remove_prefix(dash + 1);
  }
  std::uint32_t n = 0x80;
  std::uint32_t bias = 72;
  std::uint64_t i = 0;
  while (!text.empty()) {
    auto const before = i;
    std::uint64_t weight = 1;
    for (std::uint32_t k = 36;; k += 36) {
      if (text.empty()) return std::nullopt;
      char const c = text.front();
      text.remove_prefix(1);
      if (c == '-') return std::nullopt;
      auto const digit = static_cast<std::uint32_t>(c <= '9' ? c - '0' + 26 : (c | 0x20) - 'a');
      i += digit * weight;
      if (i > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
      std::uint32_t const least = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
      if (digit < least) break;
      weight *= 36 - least;
      if (weight > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    }
    auto const points = static_cast<std::uint32_t>(out.size() + 1);
    bias = adapt(static_cast<std::uint32_t>(i - before), points, before == 0);
    n += static_cast<std::uint32_t>(i / points);
    i %= points;
    if (n > 0x10FFFF) return std::nullopt;
    out.insert(static_cast<std::size_t>(i), 1, static_cast<char32_t>(n));
    ++i;
  }
  return out;
}

} // namespace

bool is_idn_label(std::string_view text) {
  std::u32string label;
  while (!text.empty())
    label += take_character(text);
  return is_good(label);
}

bool is_punycode_label(std::string_view text) {
  constexpr std::size_t prefix_size = 4;
  bool const prefixed = text.size() > prefix_size && (text[0] | 0x20) == 'x' &&
                        (text[1] | 0x20) == 'n' && text.substr(2, 2) == "--";
  if (!prefixed) return false;
  bool const plain = std::all_of(text.begin(), text.end(), [](char c) {
    auto const point = static_cast<unsigned char>(c);
    return is_letter(point) || is_digit(point) || c == '-';
  });
  auto const label = plain ? decode_punycode(text.substr(prefix_size)) : std::nullopt;
  return label && is_good(*label);
}

} // namespace cfgd::schema
