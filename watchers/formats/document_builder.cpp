#include "watchers/formats/document_builder.hpp"

#include "core/document.hpp"

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
    return make_parse_error(at, in_quotes(here.name) + " cannot have a value, it has members " +
                                    first_at(here.at));
  last_set_ = made->index;
  if (!made->is_new) return repeat(here, at, std::move(what));
  here.leaf = std::move(what);
  return {};
}

void document_builder::add_note(std::string_view rule, std::string message, place at) {
  formats::add_note(nodes_[last_set_].notes, rule, {}, std::move(message), at);
}

/// Adds a value to those of a key that has one. Errors: parse, limit ("file_elements").
result<void> document_builder::repeat(node& here, place at, boost::json::value what) {
  if (repeated_ == repeated_keys::are_refused)
    return make_parse_error(at, "duplicate key " + in_quotes(here.name) + " " + first_at(here.at) +
                                    "; remove one of them");
  if (here.repeated_at.empty()) {
    boost::json::array all;
    all.push_back(std::move(here.leaf));
    here.leaf = std::move(all);
    here.repeated_at.push_back(here.at);
    ++repeated_values_;
  }
  if (auto const fits = count(at); !fits) return fits.error();
  ++repeated_values_;
  here.leaf.get_array().push_back(std::move(what));
  here.repeated_at.push_back(at);
  return {};
}

result<void> document_builder::count(place at) const {
  auto const used = nodes_.size() + repeated_values_;
  if (used <= bounds_.file_elements) return {};
  error refused = make_limit_error("file_elements", used, bounds_.file_elements);
  refused.where = at;
  return refused;
}

sourced_value document_builder::finish() {
  sourced_value out{.root = boost::json::object(), .places = {}};
  out.places.reserve(nodes_.size());
  std::string pointer;
  emit(nodes_.front(), out.root.as_object(), out, pointer);
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
  if (auto const fits = count(at); !fits) return fits.error();
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
      return make_parse_error(at, in_quotes(name) + " cannot have members, it has a value " +
                                      first_at(here.at));
    from = made->index;
  }
  return from;
}

void document_builder::emit(node& from, boost::json::object& into, sourced_value& out,
                            std::string& pointer) {
  into.reserve(from.members.size());
  auto const length = pointer.size();
  for (auto const index : from.members) {
    node& here = nodes_[index];
    out.places.push_back(here.at);
    append_pointer(pointer, here.name);
    for (auto& one : here.notes)
      formats::add_note(out.notes, one.rule, pointer, std::move(one.message), one.where);
    auto& value = into.emplace(here.name, std::move(here.leaf)).first->value();
    if (here.is_object)
      emit(here, value.emplace_object(), out, pointer);
    else if (!here.repeated_at.empty())
      out.places.insert(out.places.end(), here.repeated_at.begin(), here.repeated_at.end());
    else
      add_places_below(value, here.at, out.places);
    pointer.resize(length);
  }
}

} // namespace cfgd::watchers::formats
