#include "store/schema/format.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

// Names of hosts and mailboxes, and addresses. Names with letters beyond ASCII are checked for what
// can be told without the tables of IDNA 2008 (RFC 5892): their lengths, hyphens, the characters
// that may stand in certain company only, and the symbols that people mistake for letters. "xn--"
// labels are taken by their form; they are not decoded.

namespace cfgd::schema {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

constexpr std::size_t longest_label = 63;
constexpr std::size_t longest_name = 253;
constexpr std::size_t longest_mailbox = 64;

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > longest_label) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  bool const punycode = label.starts_with("xn--") || label.starts_with("XN--");
  if (label.size() >= 4 && label.substr(2, 2) == "--" && !(punycode && label.size() > 4))
    return false;
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

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

bool is_idn_label(std::string_view text) {
  bool const ascii =
      std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) > 0; });
  if (ascii) return is_label(text);
  std::u32string label;
  while (!text.empty())
    label += take_character(text);
  if (label.size() > longest_label - 4 || label.front() == U'-' || label.back() == U'-')
    return false;
  if (label.size() >= 4 && label[2] == U'-' && label[3] == U'-') return false;
  if (is_in(marks, label.front())) return false;
  for (std::size_t i = 0; i < label.size(); ++i) {
    char32_t const c = label[i];
    if (c < 0x80 && !is_letter(static_cast<char>(c)) && !is_digit(static_cast<char>(c)) &&
        c != U'-')
      return false;
    char32_t const before = i > 0 ? label[i - 1] : 0;
    char32_t const after = i + 1 < label.size() ? label[i + 1] : 0;
    if (c >= 0x80 && !fits_company(before, c, after, label)) return false;
  }
  return true;
}

enum class spelling : std::uint8_t { ascii, international };

/// Cuts off what comes before the first dot; IDNA knows four of them.
std::string_view take_label(std::string_view& name, spelling how) {
  constexpr std::array<std::string_view, 3> more{"\u3002", "\uFF0E", "\uFF61"};
  auto end = name.find('.');
  std::size_t size = 1;
  for (auto const dot : more) {
    if (how == spelling::ascii) break;
    auto const at = name.find(dot);
    if (at < end) {
      end = at;
      size = dot.size();
    }
  }
  auto const label = name.substr(0, end);
  name = end == name.npos ? std::string_view() : name.substr(end + size);
  return label;
}

bool is_host(std::string_view name, spelling how) {
  if (name.empty() || name.size() > longest_name || name.ends_with('.')) return false;
  if (how == spelling::international &&
      (name.ends_with("\u3002") || name.ends_with("\uFF0E") || name.ends_with("\uFF61")))
    return false;
  while (!name.empty()) {
    auto const label = take_label(name, how);
    if (how == spelling::ascii ? !is_label(label) : label.empty() || !is_idn_label(label))
      return false;
  }
  return true;
}

bool is_atom_character(char c, spelling how) {
  constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
  if (static_cast<unsigned char>(c) >= 0x80) return how == spelling::international;
  return is_letter(c) || is_digit(c) || others.find(c) != others.npos;
}

bool is_quoted_mailbox(std::string_view text, spelling how) {
  text = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && ++i == text.size()) return false;
    auto const byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && how == spelling::ascii)) return false;
    if (text[i] == '"' && (i == 0 || text[i - 1] != '\\')) return false;
  }
  return true;
}

bool is_mailbox(std::string_view text, spelling how) {
  if (text.empty() || text.size() > longest_mailbox) return false;
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    return is_quoted_mailbox(text, how);
  char before = '.';
  for (char const c : text) {
    if (c == '.' ? before == '.' : !is_atom_character(c, how)) return false;
    before = c;
  }
  return before != '.';
}

bool is_address_literal(std::string_view text) {
  if (text.starts_with("IPv6:")) return is_ipv6(text.substr(5));
  return is_ipv4(text);
}

bool is_address(std::string_view text, spelling how) {
  auto const at = text.rfind('@');
  if (at == text.npos || !is_mailbox(text.substr(0, at), how)) return false;
  auto const host = text.substr(at + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    return is_address_literal(host.substr(1, host.size() - 2));
  return is_host(host, how);
}

/// Groups of an IPv6 address that stand between single colons; -1: bad. An IPv4 address at the end
/// counts for two.
int count_groups(std::string_view text) {
  if (text.empty()) return 0;
  int groups = 0;
  while (true) {
    auto const colon = text.find(':');
    auto const group = text.substr(0, colon);
    if (colon == text.npos && is_ipv4(group)) return groups + 2;
    if (group.empty() || group.size() > 4 || !std::all_of(group.begin(), group.end(), is_hex))
      return -1;
    ++groups;
    if (colon == text.npos) return groups;
    text.remove_prefix(colon + 1);
  }
}

} // namespace

bool is_email(std::string_view text) { return is_address(text, spelling::ascii); }
bool is_idn_email(std::string_view text) { return is_address(text, spelling::international); }
bool is_hostname(std::string_view text) { return is_host(text, spelling::ascii); }
bool is_idn_hostname(std::string_view text) { return is_host(text, spelling::international); }

bool is_ipv4(std::string_view text) {
  for (int i = 0; i < 4; ++i) {
    auto const dot = text.find('.');
    auto const part = text.substr(0, dot);
    if (part.empty() || part.size() > 3 || !std::all_of(part.begin(), part.end(), is_digit))
      return false;
    if (part.size() > 1 && part[0] == '0') return false;
    if (part.size() == 3 && part > "255") return false;
    if ((dot == text.npos) != (i == 3)) return false;
    text.remove_prefix(dot == text.npos ? text.size() : dot + 1);
  }
  return true;
}

bool is_ipv6(std::string_view text) {
  constexpr int all = 8;
  auto const gap = text.find("::");
  if (gap == text.npos) return count_groups(text) == all;
  auto const left = text.substr(0, gap);
  int const before = count_groups(left);
  int const after = count_groups(text.substr(gap + 2));
  if (left.find('.') != left.npos) return false;
  return before >= 0 && after >= 0 && before + after < all;
}

} // namespace cfgd::schema
