#pragma once

#include "cfgctl/command_line.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace cfgd::cfgctl {

/// Where text goes to, as far as its form depends on it.
struct screen {
  bool terminal = false; ///< a person reads it
  bool colored = false;  ///< with escape sequences
  std::size_t columns = 80;
};

/// What standard output is. NO_COLOR (no-color.org) and TERM=dumb are honoured where `color` is
/// automatic.
screen screen_of_output(color_choice color);

enum class tint : std::uint8_t { plain, strong, faint, good, warning, bad, name };

/// `text` in a colour, if the screen has them.
std::string paint(screen const& where, tint color, std::string_view text);

/// `text` without anything that moves a terminal's cursor or changes its state: control characters
/// but newline and tab are shown as \u00XX.
std::string printable(std::string_view text);

/// Columns that `text` takes on a terminal, by wcwidth(3).
std::size_t columns_of(std::string_view text);

/// The longest beginning of `text` that fits, with an ellipsis if something was cut.
std::string cut_to(std::string_view text, std::size_t columns);

} // namespace cfgd::cfgctl
