#include "client/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace cfgd::client {
namespace {

using unit = std::pair<std::string_view, std::uint64_t>;

constexpr std::uint64_t second = 1'000'000;
constexpr std::array units_of_time{unit{"us", 1},
                                   unit{"ms", 1'000},
                                   unit{"", second},
                                   unit{"s", second},
                                   unit{"sec", second},
                                   unit{"m", 60 * second},
                                   unit{"min", 60 * second},
                                   unit{"h", 3'600 * second},
                                   unit{"d", 86'400 * second},
                                   unit{"w", 604'800 * second}};

constexpr std::uint64_t kilo = 1'000;
constexpr std::array units_of_size{unit{"", 1},
                                   unit{"B", 1},
                                   unit{"K", 1ULL << 10},
                                   unit{"KiB", 1ULL << 10},
                                   unit{"M", 1ULL << 20},
                                   unit{"MiB", 1ULL << 20},
                                   unit{"G", 1ULL << 30},
                                   unit{"GiB", 1ULL << 30},
                                   unit{"T", 1ULL << 40},
                                   unit{"TiB", 1ULL << 40},
                                   unit{"kB", kilo},
                                   unit{"KB", kilo},
                                   unit{"MB", kilo* kilo},
                                   unit{"GB", kilo* kilo* kilo},
                                   unit{"TB", kilo* kilo* kilo* kilo}};

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

/// Takes a number and its unit off the beginning of `text`, and blanks around them.
template <std::size_t Count>
std::optional<std::uint64_t> take(std::string_view& text, std::array<unit, Count> const& units) {
  skip_blanks(text);
  std::uint64_t number = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc()) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  skip_blanks(text);
  auto const name = text.substr(0, text.find_first_of(" 0123456789"));
  text.remove_prefix(name.size());
  skip_blanks(text);
  auto const found =
      std::find_if(units.begin(), units.end(), [&](unit const& one) { return one.first == name; });
  if (found == units.end()) return {};
  if (number > std::numeric_limits<std::uint64_t>::max() / found->second) return {};
  return number * found->second;
}

} // namespace

std::optional<std::chrono::microseconds> parse_duration(std::string_view text) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t sum = 0;
  do {
    auto const part = take(text, units_of_time);
    if (!part || *part > most - sum) return {};
    sum += *part;
  } while (!text.empty());
  return std::chrono::microseconds(static_cast<std::int64_t>(sum));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  auto const size = take(text, units_of_size);
  return text.empty() ? size : std::nullopt;
}

} // namespace cfgd::client
