#include "watchers/formats/document_builder.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <utility>

// Places are stored depth first, but .ini sections can be opened again and .env names come in any
// order. So the tree consists of nodes that have their place, and becomes a value at the end. One
// hash map from (parent, name) to node finds every member in constant time.
//
// A value can contain other values (a list in an .env file): these have the place of the value.

namespace cfgd::watchers::formats {

namespace {

std::string first_at(place where) { return "(first at line " + std::to_string(where.line) + ")"; }

void add_places_below(boost::json::value const& what, place at, std::vector<place>& places) {
  if (auto const* object = what.if_object()) {
    for (auto const& member : *object) {
      places.push_back(at);
      add_places_below(member.value(), at, places);
    }
  } else if (auto const* array = what.if_array()) {
    for (auto const& element : *array) {
      places.push_back(at);
      add_places_below(element, at, places);
    }
  }
}

} // namespace

result<document_builder::section> document_builder::open(std::span<std::string const> path,
                                                         place at) {
  return descend(root, path, at);
}

result<void> document_builder::set(section below, std::span<std::string const> path, place at,
                                   boost::json::value what) {
  auto const parent = descend(below, path.first(path.size() - 1), at);
  if (!parent) return parent.error();
  auto const made = child(*parent, path.back(), at);
  if (!made) return made.error();
  node& here = nodes_[made->index];
  if (!made->is_new && here.is_object)
    return make_parse_error(at, quoted(here.name) + " cannot have a value, it has members " +
                                    first_at(here.at));
  if (!made->is_new)
    return make_parse_error(at, "duplicate key " + quoted(here.name) + " " + first_at(here.at));
  here.leaf = std::move(what);
  return {};
}

sourced_value document_builder::finish() {
  sourced_value out{.root = boost::json::object(), .places = {}};
  out.places.reserve(nodes_.size());
  emit(nodes_.front(), out.root.as_object(), out.places);
  return out;
}

result<document_builder::child_of> document_builder::child(std::uint32_t parent,
                                                           std::string const& name, place at) {
  if (nodes_[parent].depth > bounds_.file_depth) {
    error refused = make_limit_error("file_depth", nodes_[parent].depth, bounds_.file_depth);
    refused.where = at;
    return refused;
  }
  auto const next = static_cast<std::uint32_t>(nodes_.size());
  auto const [found, is_new] = index_.try_emplace(std::to_string(parent) + '/' + name, next);
  if (!is_new) return child_of{.parent = parent, .is_new = false, .index = found->second};
  if (nodes_.size() > bounds_.file_elements) {
    error refused = make_limit_error("file_elements", nodes_.size(), bounds_.file_elements);
    refused.where = at;
    return refused;
  }
  nodes_.push_back({.name = name, .at = at, .depth = nodes_[parent].depth + 1});
  nodes_[parent].members.push_back(next);
  return child_of{.parent = parent, .is_new = true, .index = next};
}

result<std::uint32_t> document_builder::descend(std::uint32_t from,
                                                std::span<std::string const> path, place at) {
  for (auto const& name : path) {
    auto const made = child(from, name, at);
    if (!made) return made.error();
    node& here = nodes_[made->index];
    if (made->is_new) here.is_object = true;
    if (!here.is_object)
      return make_parse_error(at, quoted(name) + " cannot have members, it has a value " +
                                      first_at(here.at));
    from = made->index;
  }
  return from;
}

void document_builder::emit(node& from, boost::json::object& into, std::vector<place>& places) {
  into.reserve(from.members.size());
  for (auto const index : from.members) {
    node& here = nodes_[index];
    places.push_back(here.at);
    auto& value = into.emplace(here.name, std::move(here.leaf)).first->value();
    if (here.is_object)
      emit(here, value.emplace_object(), places);
    else
      add_places_below(value, here.at, places);
  }
}

} // namespace cfgd::watchers::formats
