#pragma once

#include "core/key.hpp"
#include "daemon/view.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd {

/// Whether the key written as `text` is one of `prefixes` or below one; all as key::str() writes
/// them. No prefixes: every key is.
bool is_below(std::string_view text, std::vector<std::string> const& prefixes);

/// Cuts the leaves of namespaces into pieces for replies: `"key":value,"key":value`, without
/// braces, in key order, each about as long as asked. Holds the texts, and the pieces of one
/// namespace at a time. Does no I/O.
class state_stream {
 public:
  /// Finds the value of a key in the text of its namespace, as canonical::find().
  using finder = std::function<std::optional<std::string_view>(std::string_view, key const&)>;

  /// `prefixes` as is_below takes them. `find`: for a single prefix; without it the text is
  /// scanned.
  state_stream(view::texts texts, std::vector<std::string> prefixes, std::size_t piece_bytes,
               finder find = {});

  /// The next piece; absent when there is none left.
  std::optional<std::string> next();
  /// Whether next() will give nothing.
  bool at_end();

 private:
  struct subtree {
    key at;
    std::string_view text;
  };
  /// What of a namespace can be below the prefixes: with one prefix its value only, so that not
  /// every leaf of a large namespace is compared with it. Absent: nothing.
  std::optional<subtree> subtree_of(std::string const& name_space, std::string_view text) const;
  void cut_next_namespace();

  view::texts texts_;
  std::vector<std::string> prefixes_;
  std::size_t piece_bytes_;
  finder find_;
  std::deque<std::string> pieces_;
};

} // namespace cfgd
