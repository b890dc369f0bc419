#include "engine/schema/format.hpp"

#include <idn2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

// Host names, mailboxes and addresses are checked by their grammar; nothing is looked up. libidn2
// validates labels with letters beyond ASCII and labels in Punycode. We use its registration
// functions: its lookup functions accept what RFC 5891 section 5.4 lets a resolver accept, without
// the rules for characters in context (RFC 5892 appendix A).
//
// libidn2 2.3 does not apply the Bidi rule (RFC 5893) to a whole name, and lets a right-to-left
// label mix European and Arabic digits.

namespace cfgd::schema {
namespace {

constexpr std::size_t max_label_bytes = 63;   ///< in ASCII form
constexpr std::size_t max_name_bytes = 253;   ///< in ASCII form, with the dots
constexpr std::size_t max_utf8_bytes = 4;     ///< of one character
constexpr std::size_t max_mailbox_bytes = 64; ///< the part before the "@"

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Letters, digits and hyphens (RFC 1123).
bool is_ldh_label(std::string_view label) {
  if (label.empty() || label.size() > max_label_bytes) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

struct free_idn2 {
  void operator()(std::uint8_t* text) const { ::idn2_free(text); }
};

/// The bytes that a U-label or an A-label has in ASCII form; nullopt: it is not valid.
std::optional<std::size_t> measure_idn_label(std::string_view label) {
  if (label.find('\0') != label.npos) return std::nullopt;
  std::string lower(label); // IDNA 2008 has no upper case, the DNS compares without case
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  auto const* const text = reinterpret_cast<std::uint8_t const*>(lower.c_str());
  bool const encoded = is_ascii(lower);
  std::uint8_t* made = nullptr;
  int const rc =
      ::idn2_register_u8(encoded ? nullptr : text, encoded ? text : nullptr, &made, IDN2_NFC_INPUT);
  std::unique_ptr<std::uint8_t, free_idn2> const ascii(made);
  if (rc != IDN2_OK || ascii == nullptr) return std::nullopt;
  return std::strlen(reinterpret_cast<char const*>(ascii.get()));
}

enum class spelling : std::uint8_t { ascii, international };

/// As measure_idn_label, of any label.
std::optional<std::size_t> measure_label(std::string_view label, spelling how) {
  if (!is_ascii(label))
    return how == spelling::international ? measure_idn_label(label) : std::nullopt;
  if (!is_ldh_label(label)) return std::nullopt;
  // "--" in the third and fourth place is reserved; "xn--" begins a label in Punycode.
  if (label.size() >= 4 && label.substr(2, 2) == "--") return measure_idn_label(label);
  return label.size();
}

/// Removes the first label and the dot after it from `name` and returns the label. IDNA has three
/// dots besides the one of ASCII.
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
  if (name.size() > max_utf8_bytes * max_name_bytes || name.ends_with('.')) return false;
  if (how == spelling::international &&
      (name.ends_with("\u3002") || name.ends_with("\uFF0E") || name.ends_with("\uFF61")))
    return false;
  std::size_t bytes = 0;
  while (!name.empty()) {
    auto const label_bytes = measure_label(take_label(name, how), how);
    if (!label_bytes) return false;
    bytes += *label_bytes + 1;
  }
  return bytes > 0 && bytes - 1 <= max_name_bytes;
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
  if (text.empty() || text.size() > max_mailbox_bytes) return false;
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

/// The number of groups of an IPv6 address between single colons; -1: not valid. An IPv4 address at
/// the end counts for two.
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
bool is_plain_hostname(std::string_view text) {
  if (text.empty() || text.size() > max_name_bytes) return false;
  while (true) {
    auto const dot = text.find('.');
    if (!is_ldh_label(text.substr(0, dot))) return false;
    if (dot == text.npos) return true;
    text.remove_prefix(dot + 1);
  }
}
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
