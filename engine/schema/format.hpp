#pragma once

#include "engine/schema/schema.hpp"

#include <string_view>

/// The values of the keyword "format" (JSON Schema Validation 2020-12, section 7).
namespace cfgd::schema {

/// One format. Rows of a constant table, so pointers to them are always valid.
struct format_rule {
  std::string_view name;
  /// For messages: "must be " + meaning.
  std::string_view meaning;
  bool (*fits)(std::string_view text);
};

/// The rule of a draft. Null: unknown; then every value is accepted.
format_rule const* find_format(std::string_view name, draft which);

// RFC 3339, section 5.6 and appendix A.
bool is_date_time(std::string_view text);
bool is_date(std::string_view text);
bool is_time(std::string_view text);
bool is_duration(std::string_view text);

// RFC 5321, 6531, 1123, 5890; RFC 2673 section 3.2, RFC 4291 section 2.2.
bool is_email(std::string_view text);
bool is_idn_email(std::string_view text);
bool is_hostname(std::string_view text);
/// RFC 1123, section 2.1, as drafts 4 and 6 want it: no rule about Punycode and "--".
bool is_plain_hostname(std::string_view text);
bool is_idn_hostname(std::string_view text);
bool is_ipv4(std::string_view text);
bool is_ipv6(std::string_view text);

} // namespace cfgd::schema
