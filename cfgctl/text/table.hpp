#pragma once

#include "cfgctl/text/screen.hpp"

#include <string>
#include <vector>

namespace cfgd::cfgctl {

enum class alignment : std::uint8_t { left, right };

/// Text in aligned columns, two spaces between them.
class table {
 public:
  struct column {
    std::string title; ///< if all titles are empty there is no head
    alignment side = alignment::left;
    bool may_be_cut = false; ///< on a terminal that is too narrow
  };
  struct cell {
    std::string text; ///< one line
    tint color = tint::plain;
  };

  explicit table(std::vector<column> columns);

  /// As many cells as columns.
  void add(std::vector<cell> row);

  /// All lines, each with a newline.
  std::string str(screen const& where) const;

 private:
  std::vector<std::size_t> widths(screen const& where) const;
  void append_row(std::string& out, screen const& where, std::vector<cell> const& row,
                  std::vector<std::size_t> const& widths) const;

  std::vector<column> columns_;
  std::vector<std::vector<cell>> rows_;
};

} // namespace cfgd::cfgctl
