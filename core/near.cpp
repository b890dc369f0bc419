#include "core/near.hpp"

#include <algorithm>

// Distances of words: insertions, deletions, exchanges, and swaps of neighbours (optimal string
// alignment). Words are short, the service limits keys.

namespace cfgd {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> two_before;
  std::vector<std::size_t> before(b.size() + 1);
  for (std::size_t at = 0; at <= b.size(); ++at)
    before[at] = at;
  for (std::size_t row = 1; row <= a.size(); ++row) {
    std::vector<std::size_t> now(b.size() + 1, row);
    for (std::size_t at = 1; at <= b.size(); ++at) {
      std::size_t const exchanged = before[at - 1] + (a[row - 1] == b[at - 1] ? 0 : 1);
      now[at] = std::min({before[at] + 1, now[at - 1] + 1, exchanged});
      bool const swapped = row > 1 && at > 1 && a[row - 1] == b[at - 2] && a[row - 2] == b[at - 1];
      if (swapped) now[at] = std::min(now[at], two_before[at - 2] + 1);
    }
    two_before = std::move(before);
    before = std::move(now);
  }
  return before.back();
}

} // namespace

std::optional<std::string> nearest(std::string_view word, std::vector<std::string> const& known,
                                   std::size_t most) {
  constexpr std::size_t longest = 256;
  if (word.size() > longest) return {};
  std::size_t limit = std::min(most, (word.size() + 2) / 3) + 1;
  std::optional<std::string> out;
  for (std::string const& one : known) {
    if (one == word || one.size() > longest) continue;
    bool const is_begin = word.size() >= 3 && one.starts_with(word);
    std::size_t const far = is_begin ? 1 : distance(word, one);
    if (far >= limit || far >= std::max(word.size(), one.size())) continue;
    limit = far;
    out = one;
  }
  return out;
}

std::string did_you_mean(std::string_view word, std::vector<std::string> const& known,
                         std::size_t most) {
  auto const found = nearest(word, known, most);
  return found ? " (did you mean '" + *found + "'?)" : std::string();
}

std::string listed(std::vector<std::string> const& words) {
  std::string out;
  for (std::string const& one : words)
    out += (out.empty() ? "" : ", ") + one;
  return out;
}

} // namespace cfgd
