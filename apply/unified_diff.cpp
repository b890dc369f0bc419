#include "apply/render.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

// The longest common subsequence by Myers' greedy algorithm, between the equal lines at the
// beginning and at the end. It keeps a row for each difference; above a number of them the middle
// is shown as one change.

namespace cfgd::apply {
namespace {

constexpr std::size_t most_lines = 20'000;
constexpr std::ptrdiff_t most_differences = 1'000;
constexpr std::size_t context_lines = 3;

using lines = std::vector<std::string_view>;

lines split(std::string_view text) {
  lines out;
  out.reserve(static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1);
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size() - 1);
    out.push_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return out;
}

/// One line of the result: ' ', '-' or '+'.
struct edit {
  char kind;
  std::string_view line;
};

/// The edits of the middle, backwards through the rows.
std::vector<edit> trace(lines const& before, lines const& after,
                        std::vector<std::vector<std::ptrdiff_t>> const& rows) {
  std::vector<edit> out;
  auto x = static_cast<std::ptrdiff_t>(before.size());
  auto y = static_cast<std::ptrdiff_t>(after.size());
  for (auto d = static_cast<std::ptrdiff_t>(rows.size()) - 1; d >= 0; --d) {
    auto const& row = rows[static_cast<std::size_t>(d)];
    auto const at = [&](std::ptrdiff_t k) { return row[static_cast<std::size_t>(k + d + 1)]; };
    auto const k = x - y;
    bool const is_insert = k == -d || (k != d && at(k - 1) < at(k + 1));
    auto const from = is_insert ? k + 1 : k - 1;
    auto const from_x = d == 0 ? 0 : at(from);
    auto const from_y = d == 0 ? 0 : from_x - from;
    while (x > from_x && y > from_y && x > 0 && y > 0 &&
           before[static_cast<std::size_t>(x) - 1] == after[static_cast<std::size_t>(y) - 1]) {
      out.push_back({' ', before[static_cast<std::size_t>(--x)]}); // NOLINT: as many as there are
      --y;
    }
    if (d == 0) break;
    if (is_insert)
      out.push_back({'+', after[static_cast<std::size_t>(--y)]}); // NOLINT
    else
      out.push_back({'-', before[static_cast<std::size_t>(--x)]}); // NOLINT
  }
  std::ranges::reverse(out);
  return out;
}

std::vector<edit> all_changed(lines const& before, lines const& after) {
  std::vector<edit> out;
  out.reserve(before.size() + after.size());
  for (auto const line : before)
    out.push_back({'-', line});
  for (auto const line : after)
    out.push_back({'+', line});
  return out;
}

/// Where the equal lines end on diagonal `k` from line `x` on.
std::ptrdiff_t end_of_equal(lines const& before, lines const& after, std::ptrdiff_t x,
                            std::ptrdiff_t k) {
  auto const first = before.begin() + x;
  auto const second = after.begin() + (x - k);
  return x + (std::mismatch(first, before.end(), second, after.end()).first - first);
}

std::vector<edit> compare(lines const& before, lines const& after) {
  auto const n = static_cast<std::ptrdiff_t>(before.size());
  auto const m = static_cast<std::ptrdiff_t>(after.size());
  if (n == 0 || m == 0) return all_changed(before, after);
  // row[k + d + 1]: how far diagonal k came with d - 1 differences.
  std::vector<std::vector<std::ptrdiff_t>> rows;
  std::vector<std::ptrdiff_t> last{0, 0, 0};
  for (std::ptrdiff_t d = 0; d <= std::min(n + m, most_differences); ++d) {
    std::vector<std::ptrdiff_t> row(static_cast<std::size_t>(2 * d + 3), -1);
    for (std::ptrdiff_t k = -d + 1; k <= d - 1; ++k)
      row[static_cast<std::size_t>(k + d + 1)] = last[static_cast<std::size_t>(k + d)];
    if (d == 0) row[1] = 0;
    rows.push_back(row); // NOLINT: the number is what is looked for
    std::vector<std::ptrdiff_t> next(static_cast<std::size_t>(2 * d + 3), -1);
    for (std::ptrdiff_t k = -d; k <= d; k += 2) {
      auto const at = [&](std::ptrdiff_t of) { return row[static_cast<std::size_t>(of + d + 1)]; };
      auto x = std::max(at(k - 1) + 1, at(k + 1));
      // Diagonals may lead out of both.
      if (x <= n && x - k <= m) x = end_of_equal(before, after, x, k);
      next[static_cast<std::size_t>(k + d + 1)] = x;
      if (x >= n && x - k >= m) return trace(before, after, rows);
    }
    last = std::move(next);
  }
  return all_changed(before, after);
}

std::string header(std::size_t old_at, std::size_t old_count, std::size_t new_at,
                   std::size_t new_count) {
  auto const range = [](std::size_t at, std::size_t count) {
    return std::to_string(count == 0 ? at : at + 1) +
           (count == 1 ? "" : "," + std::to_string(count));
  };
  return "@@ -" + range(old_at, old_count) + " +" + range(new_at, new_count) + " @@\n";
}

/// The hunks of edits: changes with the lines around them.
std::string print(std::vector<edit> const& edits) {
  std::string out;
  std::size_t old_line = 0;
  std::size_t new_line = 0;
  for (std::size_t i = 0; i < edits.size();) {
    if (edits[i].kind == ' ') {
      ++i, ++old_line, ++new_line;
      continue;
    }
    auto const begin = i - std::min({i, context_lines, old_line});
    std::size_t end = i;
    for (std::size_t at = i; at < edits.size() && at - end <= 2 * context_lines; ++at)
      if (edits[at].kind != ' ') end = at + 1;
    auto const stop = std::min(end + context_lines, edits.size());
    auto const around = i - begin;
    std::string body;
    std::size_t old_count = 0;
    std::size_t new_count = 0;
    for (std::size_t at = begin; at < stop; ++at) {
      old_count += edits[at].kind != '+' ? 1 : 0;
      new_count += edits[at].kind != '-' ? 1 : 0;
      body.append(1, edits[at].kind).append(edits[at].line);
      if (!edits[at].line.ends_with('\n')) body.append("\n\\ No newline at end of file\n");
    }
    out += header(old_line - around, old_count, new_line - around, new_count);
    out += body;
    old_line += old_count - around;
    new_line += new_count - around;
    i = stop;
  }
  return out;
}

} // namespace

std::string unified_diff(std::string_view before, std::string_view after) {
  if (before == after) return {};
  auto const old_lines = split(before);
  auto const new_lines = split(after);
  if (old_lines.size() > most_lines || new_lines.size() > most_lines)
    return print(all_changed(old_lines, new_lines));
  std::size_t head = 0;
  std::size_t const shorter = std::min(old_lines.size(), new_lines.size());
  while (head < shorter && old_lines[head] == new_lines[head])
    ++head;
  std::size_t tail = 0;
  while (tail < shorter - head &&
         old_lines[old_lines.size() - 1 - tail] == new_lines[new_lines.size() - 1 - tail])
    ++tail;
  auto const middle = [&](lines const& of) {
    return lines(of.begin() + static_cast<std::ptrdiff_t>(head),
                 of.end() - static_cast<std::ptrdiff_t>(tail));
  };
  auto const changed = compare(middle(old_lines), middle(new_lines));
  std::vector<edit> all;
  all.reserve(head + changed.size() + tail);
  for (std::size_t i = 0; i < head; ++i)
    all.push_back({' ', old_lines[i]});
  all.insert(all.end(), changed.begin(), changed.end());
  for (std::size_t i = old_lines.size() - tail; i < old_lines.size(); ++i)
    all.push_back({' ', old_lines[i]});
  return print(all);
}

} // namespace cfgd::apply
