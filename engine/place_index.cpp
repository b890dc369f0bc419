#include "engine/place_index.hpp"

#include <utility>

// A file change may change every value of a large file, and each has a place of its own. Nodes are
// known by their addresses, so no text of a path is built.

namespace cfgd::engine {

place_index::place_index(std::shared_ptr<sourced_document const> document)
    : document_(std::move(document)) {
  if (!document_ || document_->places.empty()) return;
  for (auto const& member : document_->root)
    add(member.value());
}

void place_index::add(boost::json::value const& at) {
  if (next_ < document_->places.size()) places_.emplace(&at, document_->places[next_]);
  ++next_;
  add_below(at);
}

void place_index::add_below(boost::json::value const& at) {
  if (auto const* const object = at.if_object()) {
    for (auto const& member : *object)
      add(member.value());
  } else if (auto const* const list = at.if_array()) {
    for (auto const& element : *list)
      add(element);
  }
}

place place_index::find(std::span<std::string const> path) const {
  place nearest;
  if (!document_) return nearest;
  auto const* object = &document_->root;
  for (auto const& part : path) {
    auto const* const at = object == nullptr ? nullptr : object->if_contains(part);
    auto const found = at == nullptr ? places_.end() : places_.find(at);
    if (found == places_.end()) break;
    nearest = found->second;
    object = at->if_object();
  }
  return nearest;
}

} // namespace cfgd::engine
