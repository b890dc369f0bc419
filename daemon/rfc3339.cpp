#include "daemon/rfc3339.hpp"

#include <algorithm>
#include <charconv>

// The grammar of RFC 3339, section 5.6, digit by digit: std::chrono::parse is not in this library.
// A lower case "t" and "z", and a blank instead of the "T", are allowed there, too.

namespace cfgd {
namespace {

/// Takes a text apart from its front; once something is not as expected it stays wrong.
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
  /// The character that was taken; 0: none of them is next.
  char try_one_of(std::string_view allowed) {
    if (rest_.empty() || allowed.find(rest_.front()) == allowed.npos) return 0;
    char const taken = rest_.front();
    rest_.remove_prefix(1);
    return taken;
  }
  /// Digits of a second as milliseconds, rounded up.
  int fraction() {
    std::size_t const count =
        static_cast<std::size_t>(std::ranges::find_if_not(rest_, is_digit) - rest_.begin());
    if (count == 0) good_ = false;
    int milliseconds = 0;
    for (std::size_t index = 0; index < 3; ++index)
      milliseconds = milliseconds * 10 + (index < count ? rest_[index] - '0' : 0);
    auto const finer =
        rest_.substr(std::min<std::size_t>(count, 3), count - std::min<std::size_t>(count, 3));
    if (finer.find_first_not_of('0') != finer.npos) ++milliseconds;
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

/// How far the clock stands ahead of UTC.
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

std::optional<wall_time> parse_rfc3339(std::string_view text) {
  reader in(text);
  auto const date = read_date(in);
  in.one_of("Tt ");
  if (!date) return std::nullopt;
  auto const time = read_time(in);
  if (!time) return std::nullopt;
  auto const offset = read_offset(in);
  if (!offset || !in.at_end()) return std::nullopt;
  return wall_time(*date) + *time - *offset;
}

} // namespace cfgd
