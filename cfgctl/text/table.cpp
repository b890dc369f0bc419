/// Tables.
///
/// Widths are columns of the terminal, not bytes or code points. Cells are cut only on a terminal;
/// files and pipes get the whole text. Text is made printable and put on one line here, so that no
/// value can break the layout.

#include "cfgctl/text/table.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <utility>

namespace cfgd::cfgctl {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t narrowest = 8;

std::string one_line(std::string_view text) {
  std::string out = printable(text);
  std::replace_if(
      out.begin(), out.end(), [](char byte) { return byte == '\n' || byte == '\t'; }, ' ');
  return out;
}

std::string cut(table::column const& by, std::string_view text, std::size_t columns) {
  return by.cut == cutting::at_begin ? cut_left_to(text, columns) : cut_to(text, columns);
}

} // namespace

table::table(std::vector<column> columns) : columns_(std::move(columns)) {}

void table::add(std::vector<cell> row) {
  BOOST_ASSERT(row.size() == columns_.size());
  for (cell& one : row)
    one.text = one_line(one.text);
  rows_.push_back(std::move(row));
}

std::string table::str(screen const& where) const {
  auto const wide = widths(where);
  if (wide.empty()) return blocks(where);
  std::string out;
  if (has_head()) {
    std::vector<cell> head;
    for (column const& one : columns_)
      head.push_back({one.title, tint::strong});
    append_row(out, where, head, wide);
  }
  for (auto const& row : rows_)
    append_row(out, where, row, wide);
  return out;
}

bool table::has_head() const {
  return std::ranges::any_of(columns_, [](column const& one) { return !one.title.empty(); });
}

std::string table::blocks(screen const& where) const {
  std::size_t widest = 0;
  for (column const& one : columns_)
    widest = std::max(widest, columns_of(one.title));
  std::size_t const room = where.columns > widest + gap ? where.columns - widest - gap : 1;
  std::string out;
  for (auto const& row : rows_) {
    if (!out.empty()) out += '\n';
    for (std::size_t at = 0; at < row.size(); ++at) {
      if (row[at].text.empty()) continue;
      std::string title = columns_[at].title;
      title.resize(widest + gap + title.size() - columns_of(title), ' ');
      out += paint(where, tint::faint, title) +
             paint(where, row[at].color, cut(columns_[at], row[at].text, room)) + '\n';
    }
  }
  return out;
}

std::vector<std::size_t> table::widths(screen const& where) const {
  std::vector<std::size_t> out;
  std::size_t sum = columns_.empty() ? 0 : gap * (columns_.size() - 1);
  for (std::size_t at = 0; at < columns_.size(); ++at) {
    std::size_t widest = columns_of(columns_[at].title);
    for (auto const& row : rows_)
      widest = std::max(widest, columns_of(row[at].text));
    out.push_back(widest);
    sum += widest;
  }
  if (!where.terminal) return out;
  // From the last column to the first: names are in the first ones.
  for (std::size_t at = columns_.size(); at-- > 0 && sum > where.columns;) {
    if (columns_[at].cut == cutting::never || out[at] <= narrowest) continue;
    std::size_t const less = std::min(sum - where.columns, out[at] - narrowest);
    out[at] -= less;
    sum -= less;
  }
  if (sum > where.columns && has_head()) out.clear();
  return out;
}

void table::append_row(std::string& out, screen const& where, std::vector<cell> const& row,
                       std::vector<std::size_t> const& widths) const {
  std::size_t pending = 0; // spaces that only count if something follows
  for (std::size_t at = 0; at < row.size(); ++at) {
    std::string const text = cut(columns_[at], row[at].text, widths[at]);
    std::size_t const padding = widths[at] - columns_of(text);
    if (columns_[at].side == alignment::right) pending += padding;
    if (!text.empty()) {
      out.append(std::exchange(pending, 0), ' ');
      out += paint(where, row[at].color, text);
    }
    if (columns_[at].side == alignment::left) pending += padding;
    pending += gap;
  }
  out += '\n';
}

} // namespace cfgd::cfgctl
