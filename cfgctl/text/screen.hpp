#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cfgd::cfgctl {

enum class color_choice : std::uint8_t { automatic, always, never };

/// Where text is printed, as far as the form of the text depends on it.
struct screen {
  bool terminal = false; ///< a person reads it; false for files and pipes
  bool colored = false;  ///< escape sequences for colours are allowed
  std::size_t columns = 80;
  std::size_t most_keys = 20; ///< changed keys that are listed; more with -v
};

/// Describes standard output. NO_COLOR (no-color.org) and TERM=dumb are honoured where `color` is
/// automatic.
screen screen_of_output(color_choice color);

enum class tint : std::uint8_t { plain, strong, faint, good, warning, bad, name };

/// `text` in a colour, if the screen has colours.
std::string paint(screen const& where, tint color, std::string_view text);

/// `text` without anything that moves a terminal's cursor or changes its state: control characters
/// but newline and tab are shown as \u00XX.
std::string printable(std::string_view text);

/// Columns that `text` occupies on a terminal, by wcwidth(3).
std::size_t columns_of(std::string_view text);

/// `text` cut to `columns`, with an ellipsis at the end if something was cut.
std::string cut_to(std::string_view text, std::size_t columns);
/// The same for paths, whose end says most: cut at the beginning.
std::string cut_left_to(std::string_view text, std::size_t columns);

} // namespace cfgd::cfgctl
