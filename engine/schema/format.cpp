#include "engine/schema/format.hpp"

#include "engine/regex/pattern.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

// The table of formats, and the small ones. Boost.URL parses URIs; an IRI is converted to a URI
// first (RFC 3987, section 3.1): each character beyond ASCII becomes an escape.

namespace cfgd::schema {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Boost 1.81 accepts a port with letters, a second "@" and an IPv6 address without brackets.
bool has_good_authority(std::string_view text) {
  auto const start = text.find("//");
  auto const before = text.find_first_of("/?#");
  if (start == text.npos || before != start) return true;
  text.remove_prefix(start + 2);
  text = text.substr(0, text.find_first_of("/?#"));
  if (auto const at = text.find('@'); at != text.npos) text.remove_prefix(at + 1);
  if (text.find('@') != text.npos) return false;
  if (text.starts_with('[')) text.remove_prefix(std::min(text.find(']'), text.size()));
  auto const colon = text.find(':');
  if (colon == text.npos) return true;
  auto const port = text.substr(colon + 1);
  return std::all_of(port.begin(), port.end(), is_digit);
}

bool is_uri(std::string_view text) {
  return boost::urls::parse_uri(text).has_value() && has_good_authority(text);
}

bool is_uri_reference_format(std::string_view text) {
  return boost::urls::parse_uri_reference(text).has_value() && has_good_authority(text);
}

std::string escape_beyond_ascii(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    }
  }
  return out;
}

bool is_iri(std::string_view text) { return is_uri(escape_beyond_ascii(text)); }
bool is_iri_reference(std::string_view text) {
  return is_uri_reference_format(escape_beyond_ascii(text));
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool const dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_json_pointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1')))
      return false;
  }
  return true;
}

bool is_relative_json_pointer(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits]))
    ++digits;
  if (digits == 0 || (digits > 1 && text[0] == '0')) return false;
  auto const rest = text.substr(digits);
  return rest == "#" || is_json_pointer(rest);
}

/// varspec of RFC 6570: a name, then ":" and a length, or "*".
bool is_template_variable(std::string_view text) {
  if (text.ends_with('*')) {
    text.remove_suffix(1);
  } else if (auto const colon = text.find(':'); colon != text.npos) {
    auto const length = text.substr(colon + 1);
    if (length.empty() || length.size() > 4 || length[0] == '0' ||
        !std::all_of(length.begin(), length.end(), is_digit))
      return false;
    text = text.substr(0, colon);
  }
  bool after_name = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
      after_name = true;
    } else if (c == '.') {
      if (!after_name) return false;
      after_name = false;
    } else if (is_alpha(c) || is_digit(c) || c == '_') {
      after_name = true;
    } else {
      return false;
    }
  }
  return after_name;
}

bool is_template_expression(std::string_view text) {
  constexpr std::string_view operators = "+#./;?&";
  if (!text.empty() && operators.find(text.front()) != operators.npos) text.remove_prefix(1);
  while (true) {
    auto const comma = text.find(',');
    if (!is_template_variable(text.substr(0, comma))) return false;
    if (comma == text.npos) return true;
    text.remove_prefix(comma + 1);
  }
}

bool is_template_literal(std::string_view text) {
  constexpr std::string_view forbidden = "\"<>\\^`{|} ";
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const byte = static_cast<unsigned char>(text[i]);
    if (byte <= 0x20 || byte == 0x7F || forbidden.find(text[i]) != forbidden.npos) return false;
    if (text[i] != '%') continue;
    if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
    i += 2;
  }
  return true;
}

/// RFC 6570.
bool is_uri_template(std::string_view text) {
  while (!text.empty()) {
    auto const open = text.find('{');
    if (!is_template_literal(text.substr(0, open))) return false;
    if (open == text.npos) return true;
    auto const close = text.find('}', open);
    if (close == text.npos) return false;
    if (!is_template_expression(text.substr(open + 1, close - open - 1))) return false;
    text.remove_prefix(close + 1);
  }
  return true;
}

bool is_regex(std::string_view text) { return regex::pattern::compile(text).has_value(); }

constexpr std::array<format_rule, 19> rules{{
    {"date-time", "a date and time such as 2026-11-23T07:23:48Z", is_date_time},
    {"date", "a date such as 2026-11-23", is_date},
    {"time", "a time such as 07:23:48Z", is_time},
    {"duration", "a duration such as P1DT12H", is_duration},
    {"email", "an e-mail address", is_email},
    {"idn-email", "an e-mail address", is_idn_email},
    {"hostname", "a host name", is_hostname},
    {"idn-hostname", "a host name", is_idn_hostname},
    {"ipv4", "an IPv4 address", is_ipv4},
    {"ipv6", "an IPv6 address", is_ipv6},
    {"uri", "a URI with a scheme", is_uri},
    {"uri-reference", "a URI reference", is_uri_reference_format},
    {"iri", "an IRI with a scheme", is_iri},
    {"iri-reference", "an IRI reference", is_iri_reference},
    {"uuid", "a UUID", is_uuid},
    {"uri-template", "a URI template", is_uri_template},
    {"json-pointer", "a JSON pointer", is_json_pointer},
    {"relative-json-pointer", "a relative JSON pointer", is_relative_json_pointer},
    {"regex", "a regular expression", is_regex},
}};

} // namespace

format_rule const* find_format(std::string_view name, draft which) {
  static constexpr format_rule plain_hostname{"hostname", "a host name", is_plain_hostname};
  // Labels in Punycode (RFC 5890) are part of "hostname" since draft 7.
  if (name == plain_hostname.name && which < draft::draft7) return &plain_hostname;
  auto const found = std::find_if(rules.begin(), rules.end(),
                                  [&](format_rule const& rule) { return rule.name == name; });
  return found == rules.end() ? nullptr : &*found;
}

} // namespace cfgd::schema
