#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::canonical {

/// Where the members of a canonical text stand, so that one of them is found without reading what
/// is before it. Made in one pass; has no copy of the text, which every function is given.
class outline {
 public:
  explicit outline(std::string_view text);

  /// As canonical::find, in a time that does not grow with the text (logarithms apart).
  std::optional<std::string_view> find(std::string_view text,
                                       std::span<std::string const> path) const;

  /// What it takes of the memory.
  std::size_t bytes() const { return nodes_.capacity() * sizeof(node); }

 private:
  /// A value and the name it stands under; the members of an object stand side by side.
  struct node {
    std::size_t name = 0; ///< its quote
    std::size_t value = 0;
    std::size_t end = 0;
    std::size_t first = 0; ///< of its members
    std::size_t count = 0;
  };

  std::string_view name_of(std::string_view text, node const& which, std::string& space) const;

  std::vector<node> nodes_; ///< the root first
};

/// Looks up values in one text: the first without more ado; an outline is made when another is
/// asked for, so that many of them do not read the text as many times. The text must stay.
class finder {
 public:
  explicit finder(std::string_view text) : text_(text) {}

  std::optional<std::string_view> find(std::span<std::string const> path);
  /// What it takes of the memory, beside the text.
  std::size_t bytes() const { return outline_ ? outline_->bytes() : 0; }

 private:
  std::string_view text_;
  bool asked_ = false;
  std::optional<outline> outline_;
};

} // namespace cfgd::canonical
