/// Times are UTC, as in the service's replies, so that they can be copied into a command. Nothing
/// depends on the time zone of the user.

#include "cfgctl/text/times.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace cfgd::cfgctl {
namespace {

namespace chrono = std::chrono;

error refuse(std::string_view text, std::string message) {
  return {.code = errc::bad_value, .message = std::move(message), .subject = std::string(text)};
}

struct time_unit {
  char letter;
  std::int64_t seconds;
};
/// The largest first.
constexpr std::array units{time_unit{'d', 86'400}, time_unit{'h', 3'600}, time_unit{'m', 60},
                           time_unit{'s', 1}};

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
    char const letter = rest.empty() ? first ? 's' : '\0' : rest.front();
    auto const* const unit = std::ranges::find(units, letter, &time_unit::letter);
    if (unit == units.end()) return refuse(text, wanted);
    if (!rest.empty()) rest.remove_prefix(1);
    sum += number * unit->seconds;
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
  std::int64_t left = std::max<std::int64_t>(time.count(), 0);
  std::size_t at = 0;
  while (at + 1 < units.size() && left < units[at].seconds)
    ++at;
  std::string out = std::to_string(left / units[at].seconds) + units[at].letter;
  left %= units[at].seconds;
  if (++at == units.size() || left < units[at].seconds) return out;
  return out + ' ' + std::to_string(left / units[at].seconds) + units[at].letter;
}

} // namespace cfgd::cfgctl
