#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cfgd::watchers::formats {

/// One line, without its end ("\n" or "\r\n"). The view is valid as long as the whole text.
struct text_line {
  std::string_view text;
  std::uint32_t number = 0; ///< from 1

  /// The place of the byte at `offset` of the line.
  place at(std::size_t offset) const;
};

/// Refuses a carriage return that is neither before "\n" nor the last byte. Errors: parse.
[[nodiscard]] result<void> check_line_ends(std::string_view text);

/// Returns the lines of a text, one after the other.
class line_reader {
 public:
  explicit line_reader(std::string_view text) : rest_(text) {}

  /// The next line; nullopt: the end. A last line without a line end counts as a line.
  std::optional<text_line> next();

 private:
  std::string_view rest_;
  std::uint32_t number_ = 0;
};

/// A space or a tab.
bool is_blank(char byte);

/// The offset of the first byte from `from` on that is not a space or a tab; size() if all are.
std::size_t skip_blanks(std::string_view text, std::size_t from);

/// Without spaces and tabs at both ends.
std::string_view trim(std::string_view text);

} // namespace cfgd::watchers::formats
