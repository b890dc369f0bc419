#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::canonical {

/// Goes from leaf to leaf of a canonical text, as for_each_leaf() does, and can stop anywhere and
/// go on later: each byte of the text is read once. Has no copy of the text, which must outlive it.
class leaf_walk {
 public:
  /// `text` is the value at the key `at`, as key::str() writes it.
  leaf_walk(std::string at, std::string_view text);

  /// Whether there is a leaf; if not, the walk is over.
  bool has_leaf() const { return has_leaf_; }
  /// The key of the leaf, as key::str() writes it; until the next advance().
  std::string const& name() const { return name_; }
  /// Its value: no object, or an empty one.
  std::string_view value() const { return value_; }
  /// To the next leaf.
  void advance();

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::string name_;
  std::string_view value_;
  std::vector<std::size_t> open_; ///< how long the name of each open object is
  bool has_leaf_ = true;
};

} // namespace cfgd::canonical
