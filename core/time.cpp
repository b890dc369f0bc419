#include "core/time.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

// The grammar is section 5.6 of RFC 3339. libstdc++ 12 has neither std::chrono::parse nor a
// formatter for the calendar.

namespace cfgd {
namespace {

/// Appends at least `count` digits, and what follows them.
void append_digits(std::string& out, int number, std::size_t count, char behind) {
  auto const digits = std::to_string(std::abs(number));
  if (number < 0) out += '-'; // a year before 0
  out.append(count - std::min(count, digits.size()), '0').append(digits) += behind;
}

/// Consumes a text from its front. After the first mismatch good() stays false.
class reader {
 public:
  explicit reader(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    int number = 0;
    auto const part = rest_.substr(0, count);
    auto const [end, ec] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (part.size() != count || !std::ranges::all_of(part, is_digit) || ec != std::errc{})
      good_ = false;
    rest_.remove_prefix(part.size());
    return number;
  }
  void one_of(std::string_view allowed) {
    if (!try_one_of(allowed)) good_ = false;
  }
  /// The character that was consumed, or 0 if the next one is not in `allowed`.
  char try_one_of(std::string_view allowed) {
    if (rest_.empty() || allowed.find(rest_.front()) == allowed.npos) return 0;
    char const taken = rest_.front();
    rest_.remove_prefix(1);
    return taken;
  }
  /// Digits of a second as milliseconds, rounded down.
  int fraction() {
    auto const count =
        static_cast<std::size_t>(std::ranges::find_if_not(rest_, is_digit) - rest_.begin());
    if (count == 0) good_ = false;
    int milliseconds = 0;
    for (std::size_t index = 0; index < 3; ++index)
      milliseconds = milliseconds * 10 + (index < count ? rest_[index] - '0' : 0);
    rest_.remove_prefix(count);
    return milliseconds;
  }
  bool good() const { return good_; }
  bool at_end() const { return good_ && rest_.empty(); }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  std::string_view rest_;
  bool good_ = true;
};

std::optional<std::chrono::sys_days> read_date(reader& in) {
  std::chrono::year const year(in.digits(4));
  in.one_of("-");
  std::chrono::month const month(static_cast<unsigned>(in.digits(2)));
  in.one_of("-");
  std::chrono::day const day(static_cast<unsigned>(in.digits(2)));
  std::chrono::year_month_day const date(year, month, day);
  if (!in.good() || !date.ok() || year < std::chrono::year(1)) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::optional<std::chrono::milliseconds> read_time(reader& in) {
  int const hour = in.digits(2);
  in.one_of(":");
  int const minute = in.digits(2);
  in.one_of(":");
  int const second = in.digits(2);
  int const milliseconds = in.try_one_of(".") != 0 ? in.fraction() : 0;
  if (!in.good() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second) +
         std::chrono::milliseconds(milliseconds);
}

/// How far local time is ahead of UTC.
std::optional<std::chrono::minutes> read_offset(reader& in) {
  if (in.try_one_of("Zz") != 0) return std::chrono::minutes(0);
  char const sign = in.try_one_of("+-");
  int const hour = in.digits(2);
  in.one_of(":");
  int const minute = in.digits(2);
  if (!in.good() || sign == 0 || hour > 23 || minute > 59) return std::nullopt;
  std::chrono::minutes const offset = std::chrono::hours(hour) + std::chrono::minutes(minute);
  return sign == '-' ? -offset : offset;
}

} // namespace

std::string to_rfc3339(wall_time when) {
  auto const seconds = std::chrono::floor<std::chrono::seconds>(when);
  auto const milliseconds = static_cast<int>((when - seconds).count());
  std::time_t const since_epoch = seconds.time_since_epoch().count();
  std::tm parts{};
  ::gmtime_r(&since_epoch, &parts);
  std::string text;
  text.reserve(std::string_view("YYYY-MM-DDTHH:MM:SS.mmmZ").size());
  append_digits(text, parts.tm_year + 1900, 4, '-');
  append_digits(text, parts.tm_mon + 1, 2, '-');
  append_digits(text, parts.tm_mday, 2, 'T');
  append_digits(text, parts.tm_hour, 2, ':');
  append_digits(text, parts.tm_min, 2, ':');
  append_digits(text, parts.tm_sec, 2, '.');
  append_digits(text, milliseconds, 3, 'Z');
  return text;
}

std::optional<wall_time> parse_rfc3339(std::string_view text) {
  reader in(text);
  auto const date = read_date(in);
  in.one_of("Tt ");
  if (!date) return std::nullopt;
  auto const time = read_time(in);
  if (!time) return std::nullopt;
  auto const offset = read_offset(in);
  if (!offset || !in.at_end()) return std::nullopt;
  auto const when = wall_time(*date) + *time - *offset;
  // The offset or a leap second may lead out of the years that RFC 3339 can write.
  std::chrono::year_month_day const day(std::chrono::floor<std::chrono::days>(when));
  if (day.year() < std::chrono::year(1) || day.year() > std::chrono::year(9999))
    return std::nullopt;
  return when;
}

std::optional<wall_time> parse_date(std::string_view text) {
  reader in(text);
  auto const date = read_date(in);
  if (!date || !in.at_end()) return std::nullopt;
  return wall_time(*date);
}

} // namespace cfgd
