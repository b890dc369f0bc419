#pragma once

#include "core/key.hpp"
#include "core/leaf_walk.hpp"
#include "daemon/pieces.hpp"
#include "daemon/view.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd {

/// Whether the key written as `text` is one of `prefixes` or below one; all as key::str() writes
/// them. No prefixes: every key is.
bool is_below(std::string_view text, std::vector<std::string> const& prefixes);

/// The leaves of namespaces that are below prefixes, in key order: `"key":value`. Goes to the
/// subtree of each prefix and reads nothing else; a prefix that lies below another one adds
/// nothing. Holds the texts, and a position in one of them. Does no I/O.
class state_stream final : public item_source {
 public:
  /// Finds the value of a key in the text of its namespace, as canonical::find().
  using finder = std::function<std::optional<std::string_view>(std::string_view, key const&)>;

  /// `prefixes` as is_below takes them; none: everything. Without `find` texts are scanned.
  state_stream(view::texts texts, std::vector<std::string> const& prefixes, finder find = {});

  bool at_end() override;
  void append(std::string& out) override;

 private:
  void open_next();

  view::texts texts_;
  std::vector<key> roots_; ///< what is asked for, last first; each is open, or still to be opened
  finder find_;
  std::optional<canonical::leaf_walk> walk_;
};

} // namespace cfgd
