/// Times and durations.
///
/// The calendar is std::chrono's; libstdc++ 12 has no parser and no formatter for it, so the few
/// lines of RFC 3339 stand here. Nothing depends on the time zone of who calls: the service speaks
/// UTC, and what it says can be copied into a command.

#include "cfgctl/text/times.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace cfgd::cfgctl {
namespace {

namespace chrono = std::chrono;

error refuse(std::string_view text, std::string message) {
  error out;
  out.code = errc::bad_value;
  out.subject = text;
  out.message = std::move(message);
  return out;
}

/// Reads exactly `digits` digits.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return {};
  int out = 0;
  auto const* const end = text.data() + digits;
  bool const plain = text.front() >= '0' && text.front() <= '9';
  auto const [at, failed] = std::from_chars(text.data(), end, out);
  if (!plain || failed != std::errc() || at != end) return {};
  text.remove_prefix(digits);
  return out;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<chrono::sys_days> take_day(std::string_view& text) {
  auto const year = take_digits(text, 4);
  if (!year || !take(text, "-")) return {};
  auto const month = take_digits(text, 2);
  if (!month || !take(text, "-")) return {};
  auto const day = take_digits(text, 2);
  if (!day) return {};
  chrono::year_month_day const date{chrono::year(*year), chrono::month(unsigned(*month)),
                                    chrono::day(unsigned(*day))};
  if (!date.ok()) return {};
  return chrono::sys_days(date);
}

std::optional<chrono::minutes> take_hour_and_minute(std::string_view& text) {
  auto const hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ":")) return {};
  auto const minute = take_digits(text, 2);
  if (!minute || *minute > 59) return {};
  return chrono::hours(*hour) + chrono::minutes(*minute);
}

/// Milliseconds of ".123456"; none is zero.
std::optional<chrono::milliseconds> take_fraction(std::string_view& text) {
  if (!take(text, ".")) return chrono::milliseconds(0);
  int weight = 100;
  int out = 0;
  auto const before = text.size();
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    out += (text.front() - '0') * weight;
    weight /= 10;
    text.remove_prefix(1);
  }
  if (text.size() == before) return {};
  return chrono::milliseconds(out);
}

std::optional<chrono::minutes> take_offset(std::string_view& text) {
  if (take(text, "Zz")) return chrono::minutes(0);
  bool const west = !text.empty() && text.front() == '-';
  if (!take(text, "+-")) return {};
  auto const size = take_hour_and_minute(text);
  if (!size) return {};
  return west ? -*size : *size;
}

void append_padded(std::string& out, std::int64_t number, std::size_t width) {
  std::string const digits = std::to_string(number);
  out.append(width - std::min(width, digits.size()), '0');
  out += digits;
}

std::optional<std::int64_t> seconds_of_unit(char unit) {
  switch (unit) {
  case 's':
    return 1;
  case 'm':
    return 60;
  case 'h':
    return 3'600;
  case 'd':
    return 86'400;
  default:
    return {};
  }
}

} // namespace

result<chrono::seconds> parse_duration(std::string_view text) {
  constexpr std::int64_t longest = 10LL * 366 * 86'400;
  constexpr char const* wanted = "a duration is a number with s, m, h or d: 60s, 15m, 2h, 1d";
  std::int64_t sum = 0;
  std::string_view rest = text;
  if (rest.empty()) return refuse(text, wanted);
  while (!rest.empty()) {
    std::int64_t number = 0;
    auto const [at, failed] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (failed != std::errc() || number < 0 || number > longest) return refuse(text, wanted);
    bool const first = rest.data() == text.data();
    rest.remove_prefix(static_cast<std::size_t>(at - rest.data()));
    auto const unit = rest.empty() && first ? std::optional<std::int64_t>(1)
                                            : seconds_of_unit(rest.empty() ? '\0' : rest.front());
    if (!unit) return refuse(text, wanted);
    if (!rest.empty()) rest.remove_prefix(1);
    sum += number * *unit;
    if (sum > longest) return refuse(text, "that is longer than ten years");
  }
  if (sum == 0) return refuse(text, "a duration is longer than nothing");
  return chrono::seconds(sum);
}

std::optional<time_point> parse_time(std::string_view text) {
  auto const day = take_day(text);
  if (!day || !take(text, "Tt ")) return {};
  auto const minutes = take_hour_and_minute(text);
  if (!minutes || !take(text, ":")) return {};
  auto const seconds = take_digits(text, 2);
  if (!seconds || *seconds > 60) return {}; // 60: a leap second
  auto const fraction = take_fraction(text);
  auto const offset = fraction ? take_offset(text) : std::nullopt;
  if (!offset || !text.empty()) return {};
  return time_point(*day) + *minutes + chrono::seconds(*seconds) + *fraction - *offset;
}

std::string time_text(time_point when) {
  auto const day = chrono::floor<chrono::days>(when);
  chrono::year_month_day const date(day);
  chrono::hh_mm_ss const clock(when - day);
  std::string out;
  append_padded(out, static_cast<int>(date.year()), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, clock.hours().count(), 2);
  out += ':';
  append_padded(out, clock.minutes().count(), 2);
  out += ':';
  append_padded(out, clock.seconds().count(), 2);
  out += '.';
  append_padded(out, clock.subseconds().count(), 3);
  return out + 'Z';
}

result<std::string> parse_since(std::string_view text, time_point now) {
  if (auto const when = parse_time(text)) return time_text(*when);
  std::string_view rest = text;
  if (auto const day = take_day(rest); day && rest.empty()) return time_text(*day);
  std::string_view ago = text;
  for (std::string_view const tail : {"-ago", " ago"}) {
    if (ago.ends_with(tail)) ago.remove_suffix(tail.size());
  }
  auto const back = parse_duration(ago);
  if (!back) {
    return refuse(text, "wanted is a time (RFC 3339), a day (2026-11-23), or how long ago (2h)");
  }
  return time_text(now - *back);
}

std::string duration_text(chrono::seconds time) {
  constexpr std::pair<std::int64_t, char> units[] = {{86'400, 'd'}, {3'600, 'h'}, {60, 'm'}};
  std::int64_t const left = std::max<std::int64_t>(time.count(), 0);
  for (auto const& [size, letter] : units) {
    if (left < size) continue;
    std::int64_t const smaller = letter == 'd' ? 3'600 : letter == 'h' ? 60 : 1;
    char const smaller_letter = letter == 'd' ? 'h' : letter == 'h' ? 'm' : 's';
    std::string out = std::to_string(left / size) + letter;
    if (auto const rest = left % size / smaller; rest != 0) {
      out += ' ' + std::to_string(rest) + smaller_letter;
    }
    return out;
  }
  return std::to_string(left) + 's';
}

} // namespace cfgd::cfgctl
