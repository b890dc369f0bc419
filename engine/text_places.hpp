#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::engine {

/// Packs the places of the nodes of a document: of each the step of its line and its column. Most
/// take two bytes instead of eight.
std::string pack_places(std::vector<place> const& all);

/// Reads packed places, one after the other. Valid as long as they are.
class place_reader {
 public:
  explicit place_reader(std::string_view packed) : left_(packed) {}
  bool at_end() const { return left_.empty(); }
  /// At the end: a place that is not known.
  place next();

 private:
  std::string_view left_;
  std::int64_t line_ = 0;
};

/// Finds the places of the leaves of a canonical text without reading all of it: it knows the
/// positions of some. `packed` are the places in the order of the text; they must live as long.
class text_places {
 public:
  text_places(std::string_view text, std::string_view packed);
  /// Absent: there is no leaf with this path. `text` is the same.
  std::optional<place> find(std::string_view text, std::span<std::string const> path) const;

 private:
  /// Goes from leaf to leaf.
  struct walk {
    std::size_t at = 1;
    std::string path;              ///< of the leaf: its parts with a NUL between them
    std::vector<std::size_t> open; ///< how long the paths of the objects around it are
    place_reader places;
    place where = {}; ///< of the leaf

    bool next(std::string_view text);
  };

  std::vector<walk> known_;
};

} // namespace cfgd::engine
