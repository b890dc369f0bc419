#include "daemon/health/result.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

// Words and numbers that all checks share. Percentages are whole and rounded down: 97 % means that
// at least 97 of a hundred are used.

namespace cfgd::health {

std::string_view to_string(state which) {
  constexpr std::array<std::string_view, 4> names{"healthy", "unknown", "warning", "critical"};
  return names.at(static_cast<std::size_t>(which));
}

void finding::add(state other, std::string_view text) {
  if (other < what) return;
  if (other > what || message.empty()) {
    what = other;
    message = text;
    return;
  }
  message.append("; ").append(text);
}

finding failed_run(std::exception const& why) {
  return {.what = state::critical, .message = std::string("the check failed: ") + why.what()};
}

boost::json::object to_json(report const& which) {
  return {{"name", which.name},
          {"status", to_string(which.found.what)},
          {"message", which.found.message},
          {"details", which.found.details},
          {"durationMs", milliseconds_of(which.duration)},
          {"time", to_rfc3339(which.time)}};
}

std::string time_text(std::chrono::nanoseconds time) {
  double const ms = static_cast<double>(time.count()) / 1e6;
  if (ms > 0 && ms < 0.1) return "< 0.1 ms";
  std::array<char, 32> text{};
  auto const write = [&](double number, char const* unit) {
    // A fraction where the number is short, and none of zero.
    bool const whole = number >= 10 || number == std::floor(number);
    int const length =
        std::snprintf(text.data(), text.size(), "%.*f %s", whole ? 0 : 1, number, unit); // NOLINT
    return std::string(text.data(), static_cast<std::size_t>(length));
  };
  return ms < 1'000 ? write(ms, "ms") : write(ms / 1'000, "s");
}

std::string count_text(std::uint64_t count, std::string_view thing) {
  std::string text = std::to_string(count) + ' ';
  text.append(thing);
  return count == 1 ? text : text + 's';
}

double milliseconds_of(std::chrono::nanoseconds time) {
  auto const whole = std::chrono::duration_cast<std::chrono::microseconds>(time);
  return static_cast<double>(whole.count()) / 1'000;
}

unsigned percent_of(std::uint64_t used, std::uint64_t maximum) {
  if (maximum == 0) return 0;
  auto const percent = static_cast<double>(used) / static_cast<double>(maximum) * 100;
  return static_cast<unsigned>(std::min(percent, 1e6));
}

} // namespace cfgd::health
