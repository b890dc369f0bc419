#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::canonical {

/// An index of the members of a canonical text, so that a member is found without reading the text
/// before it. Made in one pass. It has no copy of the text: pass the same text to every function.
class outline {
 public:
  explicit outline(std::string_view text);

  /// As canonical::find(), in a time that grows only with the logarithm of the size of the text.
  std::optional<std::string_view> find(std::string_view text,
                                       std::span<std::string const> path) const;

  /// Memory that it uses.
  std::size_t bytes() const { return nodes_.capacity() * sizeof(node); }

 private:
  /// A value and its name. The members of an object are next to each other. All are offsets.
  struct node {
    std::size_t name = 0; ///< of the opening quote
    std::size_t value = 0;
    std::size_t end = 0;
    std::size_t first = 0; ///< index of its first member
    std::size_t count = 0;
  };

  std::string_view name_of(std::string_view text, node const& which, std::string& space) const;

  std::vector<node> nodes_; ///< the root first
};

/// Looks up values in one text, which must outlive it. The first lookup scans the text; the second
/// one makes an outline, so that many lookups do not scan the text as many times.
class finder {
 public:
  explicit finder(std::string_view text) : text_(text) {}

  std::optional<std::string_view> find(std::span<std::string const> path);
  /// Memory that it uses, without the text.
  std::size_t bytes() const { return outline_ ? outline_->bytes() : 0; }

 private:
  std::string_view text_;
  bool asked_ = false;
  std::optional<outline> outline_;
};

} // namespace cfgd::canonical
