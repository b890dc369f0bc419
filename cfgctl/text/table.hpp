#pragma once

#include "cfgctl/text/screen.hpp"

#include <concepts>
#include <string>
#include <utility>
#include <vector>

namespace cfgd::cfgctl {

enum class alignment : std::uint8_t { left, right };
/// Where a cell loses text on a terminal that is too narrow.
enum class cutting : std::uint8_t { never, at_end, at_begin };

/// Text in aligned columns, two spaces between them. Where a terminal is too narrow for the columns
/// that cannot be cut, each row is a block of lines instead, a title and a value on each.
class table {
 public:
  struct column {
    std::string title; ///< if all titles are empty there is no head
    alignment side = alignment::left;
    cutting cut = cutting::never;
  };
  /// Texts of one line, and numbers. They become cells as they are, or in braces with a colour.
  struct cell {
    cell(std::string content = {}, tint with = tint::plain)
        : text(std::move(content)), color(with) {}
    cell(char const* content, tint with = tint::plain) : text(content), color(with) {}
    template <std::integral Number>
    cell(Number number, tint with = tint::plain) : text(std::to_string(number)), color(with) {}

    std::string text;
    tint color;
  };

  explicit table(std::vector<column> columns);

  /// As many cells as columns.
  void add(std::vector<cell> row);

  /// All lines, each with a newline.
  std::string str(screen const& where) const;

 private:
  /// Empty: they do not fit.
  std::vector<std::size_t> widths(screen const& where) const;
  bool has_head() const;
  std::string blocks(screen const& where) const;
  void append_row(std::string& out, screen const& where, std::vector<cell> const& row,
                  std::vector<std::size_t> const& widths) const;

  std::vector<column> columns_;
  std::vector<std::vector<cell>> rows_;
};

/// Columns of words, of words and of paths that may be cut, and of numbers.
inline table::column left(char const* title) { return {.title = title}; }
inline table::column cuttable(char const* title) {
  return {.title = title, .side = alignment::left, .cut = cutting::at_end};
}
inline table::column path(char const* title) {
  return {.title = title, .side = alignment::left, .cut = cutting::at_begin};
}
inline table::column right(char const* title) { return {.title = title, .side = alignment::right}; }

} // namespace cfgd::cfgctl
