#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text of one line for people: the log, status lines, messages of checks. No I/O.
namespace cfgd {

/// The text with "?" for control characters: names of files may have any.
std::string one_line(std::string text);

/// " 'a', 'b' ...": the first names of a list, in quotes.
class name_list {
 public:
  /// `most`: further names are shown as "...".
  explicit name_list(std::size_t most) : most_(most) {}

  /// `remark` follows the name.
  void add(std::string_view name, std::string_view remark = {});
  std::string const& text() const { return text_; }
  bool empty() const { return count_ == 0; }

 private:
  std::size_t most_;
  std::size_t count_ = 0;
  std::string text_;
};

} // namespace cfgd
