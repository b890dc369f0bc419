/// Numbers for tables, with few digits so that lines are easy to compare.

#include "cfgctl/text/figures_text.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace cfgd::cfgctl {
namespace {

struct unit {
  double size;
  std::string_view name;
};

/// With one digit behind the point where there are less than two before it.
std::string decimal(double number) {
  std::array<char, 32> text{};
  int const length =
      std::snprintf(text.data(), text.size(), "%.*f", number >= 9.95 ? 0 : 1, number); // NOLINT
  std::string out(text.data(), static_cast<std::size_t>(length));
  if (out.ends_with(".0")) out.resize(out.size() - 2);
  return out;
}

/// `number` in the largest unit of which it has at least one, else in the last.
template <std::size_t Count>
std::string scaled(double number, std::array<unit, Count> const& units) {
  for (unit const& one : units) {
    // 999.6 k would be rounded to a thousand of them.
    if (number < one.size * 0.9995 && &one != &units.back()) continue;
    return decimal(number / one.size).append(one.name);
  }
  return {};
}

constexpr double kib = 1024;

} // namespace

std::string grouped(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (std::size_t at = out.size(); at > 3;) {
    at -= 3;
    out.insert(at, 1, ',');
  }
  return out;
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array units{unit{kib * kib * kib, " GiB"}, unit{kib * kib, " MiB"},
                             unit{kib, " KiB"}, unit{1, " bytes"}};
  return scaled(static_cast<double>(bytes), units);
}

std::string short_number(double number) {
  if (!(number >= 0) || std::isinf(number)) return "-";
  if (number > 0 && number < 0.05) return "<0.1";
  constexpr std::array units{unit{1e9, "G"}, unit{1e6, "M"}, unit{1e3, "k"}, unit{1, ""}};
  return scaled(number, units);
}

std::string latency_text(std::chrono::duration<double> time) {
  double const seconds = time.count();
  if (!(seconds >= 0) || std::isinf(seconds)) return "-";
  if (seconds == 0) return "0";
  constexpr std::array units{unit{1, " s"}, unit{1e-3, " ms"}, unit{1e-6, " us"}};
  return scaled(seconds, units);
}

std::string whole_text(std::chrono::milliseconds time) {
  struct step {
    std::int64_t size;
    char const* name;
  };
  constexpr std::array steps{step{3'600'000, " h"}, step{60'000, " min"}, step{1'000, " s"},
                             step{1, " ms"}};
  for (step const& one : steps) {
    if (time.count() % one.size == 0) return std::to_string(time.count() / one.size) + one.name;
  }
  return {};
}

} // namespace cfgd::cfgctl
