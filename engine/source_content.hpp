#pragma once

#include "core/document.hpp"
#include "core/shared_text.hpp"
#include "core/source.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::engine {

/// The content of a source as memory keeps it. Values, which may be many and are read only when
/// their namespace changes, are canonical text and packed places: a fifth of what they take parsed.
/// Where a namespace has one source and no other layer, its effective value is the same text, once.
/// Files of the policy are kept parsed, as compiled schemas and rules refer to them. Immutable;
/// copies share; any thread.
class source_content {
 public:
  /// An empty object without places.
  source_content() = default;
  /// That of a source of this kind. Members of values are ordered by their names afterwards, and so
  /// are their places.
  source_content(source_kind what, sourced_document const& from);
  /// Values whose canonical text and places are known: `places` in the order of the text.
  source_content(canonical::shared_text text, std::vector<place> const& places);

  /// The document. Of values it is made anew, unless it is one of the last ones that were read on
  /// this thread, so keep it for as long as it is needed.
  std::shared_ptr<sourced_document const> read() const;
  /// The canonical text of values; none: it is an empty object, or is kept parsed.
  canonical::shared_text const& text() const { return text_; }
  /// Whether it is an empty object.
  bool empty() const;
  /// Whether the values are equal; the places do not count.
  bool operator==(source_content const& other) const;
  /// Takes another text, if it is equal, so that memory has it once.
  void share_text(canonical::shared_text const& same);
  /// The places of all nodes.
  std::vector<place> places() const;
  /// As find_place() of the document; that of a leaf is found without reading all of it.
  place find_place(std::span<std::string const> path) const;

  /// What the reader of the file had to say, as in sourced_document.
  std::vector<issue> notes = {};

 private:
  struct packed_places;
  std::string const& packed() const;

  canonical::shared_text text_;                    ///< of values; none: "{}"
  std::shared_ptr<packed_places const> places_;    ///< of values; null: there are none
  std::shared_ptr<sourced_document const> parsed_; ///< of the policy
};

} // namespace cfgd::engine
