#include "engine/schema/format.hpp"

#include <array>
#include <optional>

// Dates and times of RFC 3339: the exact number of digits, days that exist in the month, a leap
// second only at 23:59:60 UTC, "T" and "Z" in either case. Durations are those of its appendix A:
// weeks are not combined with other units, and no unit between two others is left out.

namespace cfgd::schema {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The number of exactly `count` digits at the front, which are taken away.
std::optional<int> take_number(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i])) return std::nullopt;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

int days_of(int year, int month) {
  constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool const leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[static_cast<std::size_t>(month - 1)];
}

/// Minutes east of UTC.
std::optional<int> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return 0;
  bool const west = text.starts_with('-');
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  auto const hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
  auto const minutes = take_number(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  int const offset = *hours * 60 + *minutes;
  return west ? -offset : offset;
}

/// Reads parts such as "12D": their units in the order of `units`, without a gap.
bool take_units(std::string_view& text, std::string_view units) {
  std::size_t next = units.npos;
  while (!text.empty() && is_digit(text.front())) {
    while (!text.empty() && is_digit(text.front()))
      text.remove_prefix(1);
    if (text.empty()) return false;
    auto const unit = units.find(text.front());
    if (unit == units.npos || (next != units.npos && unit != next)) return false;
    next = unit + 1;
    text.remove_prefix(1);
  }
  return next != units.npos;
}

} // namespace

bool is_date(std::string_view text) {
  auto const year = take_number(text, 4);
  if (!year || !take(text, '-')) return false;
  auto const month = take_number(text, 2);
  if (!month || *month < 1 || *month > 12 || !take(text, '-')) return false;
  auto const day = take_number(text, 2);
  return day && *day >= 1 && *day <= days_of(*year, *month) && text.empty();
}

bool is_time(std::string_view text) {
  auto const hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ':')) return false;
  auto const minutes = take_number(text, 2);
  if (!minutes || *minutes > 59 || !take(text, ':')) return false;
  auto const seconds = take_number(text, 2);
  if (!seconds || *seconds > 60) return false;
  if (take(text, '.')) {
    if (text.empty() || !is_digit(text.front())) return false;
    while (!text.empty() && is_digit(text.front()))
      text.remove_prefix(1);
  }
  auto const offset = take_offset(text);
  if (!offset || !text.empty()) return false;
  if (*seconds < 60) return true;
  constexpr int day = 24 * 60;
  return ((*hours * 60 + *minutes - *offset) % day + day) % day == day - 1;
}

bool is_date_time(std::string_view text) {
  constexpr std::size_t date_size = 10;
  if (text.size() <= date_size || (text[date_size] != 'T' && text[date_size] != 't')) return false;
  return is_date(text.substr(0, date_size)) && is_time(text.substr(date_size + 1));
}

bool is_duration(std::string_view text) {
  if (!take(text, 'P')) return false;
  auto weeks = text;
  if (take_units(weeks, "W")) return weeks.empty();
  bool const date = !text.empty() && is_digit(text.front());
  if (date && !take_units(text, "YMD")) return false;
  if (text.empty()) return date;
  return take(text, 'T') && take_units(text, "HMS") && text.empty();
}

} // namespace cfgd::schema
