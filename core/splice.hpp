#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::canonical {

/// Replaces, adds and removes members in a canonical text of an object, by copying the bytes of all
/// others. Has no copy of the text and the values, which must outlive it.
///
///     for each path, in key order, none of them below another one:
///       auto const found = edit.find(path);
///       edit.put(value);    // or nothing, to leave it as it is
///     auto const text = edit.finish();
class splice {
 public:
  explicit splice(std::string_view text) : text_(text) {}

  struct found {
    /// How many parts of the path were followed: fewer than it has if the last of them is missing
    /// or no object, or an empty one.
    std::size_t depth = 0;
    std::string_view value; ///< at that depth; empty: missing
  };
  /// Looks for a member; `path` must not be empty. It is the one at the depth of the answer that
  /// put() is about.
  found find(std::span<std::string const> path);

  /// Gives the member a value, which is a canonical text; empty: removes it.
  void put(std::string_view value);

  /// The new text. Absent: an object below the root would lose its last member. So would an object
  /// in the text get its first one, but find() never leads into an empty one.
  std::optional<std::string> finish() const;

 private:
  struct edit {
    std::size_t from = 0; ///< of the member's name; where it is to be, if it is missing
    std::size_t to = 0;   ///< behind its value
    std::size_t depth = 0;
    std::string name; ///< quoted
    std::string_view value;
  };

  bool go_to(std::string_view name, edit& here, std::size_t& value) const;

  std::string_view text_;
  std::vector<std::string> last_; ///< the path that was found last
  /// The positions of its members, or of the ones behind those that are missing.
  std::vector<std::size_t> at_{1};
  edit here_;
  std::vector<edit> edits_;
};

} // namespace cfgd::canonical
