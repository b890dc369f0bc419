/// Times are UTC, as in the service's replies, so that they can be copied into a command. Nothing
/// depends on the time zone of the user.

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
  constexpr char const* wanted = "not a valid duration; use s, m, h or d: 60s, 15m, 2h, 1d";
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
    if (sum > longest) return refuse(text, "the duration is longer than ten years");
  }
  if (sum == 0) return refuse(text, "the duration must be greater than zero");
  return chrono::seconds(sum);
}

result<std::string> parse_since(std::string_view text, wall_time now) {
  if (auto const when = parse_rfc3339(text)) return to_rfc3339(*when);
  if (auto const day = parse_date(text)) return to_rfc3339(*day);
  std::string_view ago = text;
  for (std::string_view const tail : {"-ago", " ago"}) {
    if (ago.ends_with(tail)) ago.remove_suffix(tail.size());
  }
  auto const back = parse_duration(ago);
  if (!back) {
    return refuse(text, "expected a time (RFC 3339), a day (2026-11-23), or how long ago (2h)");
  }
  return to_rfc3339(now - *back);
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
