#include "engine/access/locked.hpp"

#include "core/document.hpp"
#include "engine/model.hpp"
#include "engine/typed_source.hpp"

#include <algorithm>
#include <utility>

// A locked value is ignored when the layers are merged, not removed from its source: it counts
// again as soon as the lock is gone. So nothing of this is stored.
//
// What is above a locked key and has no members is ignored as a whole, also where no lower layer
// sets the key: whether a value counts depends on the locks alone, not on other values.

namespace cfgd::engine {
namespace {

namespace bj = boost::json;
using path_view = std::span<std::string const>;

bool begins_with(path_view whole, path_view start) {
  return start.size() <= whole.size() && std::equal(start.begin(), start.end(), whole.begin());
}

bool is_below(key const& locked, path_view path) {
  return locked.path().size() > path.size() && begins_with(locked.path(), path);
}

issue note(std::string const& name_space, path_view path, lock const& by) {
  std::vector<std::string> parts{name_space};
  parts.insert(parts.end(), path.begin(), path.end());
  return {.how = severity::warning,
          .rule = lock_rule,
          .key = key(std::move(parts)).str(),
          .pointer = pointer_to(path),
          .message = "has no effect: " + describe(by)};
}

} // namespace

std::map<std::string, namespace_locks> locks_by_namespace(std::span<lock const> all) {
  std::map<std::string, namespace_locks> found;
  for (auto const& one : all) {
    std::map<std::string, std::vector<key>> keys;
    for (auto const& which : one.keys)
      keys[which.name_space()].push_back(which);
    for (auto& [name, mine] : keys) {
      auto& added = found[name].emplace_back(one);
      added.keys = std::move(mine);
    }
  }
  return found;
}

layer_locks::layer_locks(namespace_locks const* all, layer where) {
  if (all == nullptr) return;
  for (auto const& one : *all)
    if (one.above < where) locks_.push_back(&one);
  std::ranges::stable_sort(locks_, {}, [](lock const* one) { return one->above; });
}

lock const* layer_locks::find(path_view path, bj::value const& member) const {
  bool const has_members = member.is_object();
  for (auto const* const one : locks_)
    for (auto const& locked : one->keys)
      if (begins_with(path, locked.path()) || (!has_members && is_below(locked, path))) return one;
  return nullptr;
}

lock const* layer_locks::find_ignoring(bj::object const& document, path_view path) const {
  if (empty()) return nullptr;
  auto const* object = &document;
  for (std::size_t length = 1; length <= path.size() && object != nullptr; ++length) {
    auto const* const found = object->if_contains(path[length - 1]);
    if (found == nullptr) return nullptr;
    if (auto const* const by = find(path.first(length), *found)) return by;
    object = found->if_object();
  }
  return nullptr;
}

bool layer_locks::any_below(path_view path) const {
  return std::ranges::any_of(locks_, [&](lock const* one) {
    return std::ranges::any_of(one->keys,
                               [&](key const& locked) { return is_below(locked, path); });
  });
}

void layer_locks::visit(bj::object const& document, visitor const& visit_one) const {
  std::vector<std::string> path;
  if (!empty()) visit(document, path, visit_one);
}

void layer_locks::visit(bj::object const& document, std::vector<std::string>& path,
                        visitor const& visit_one) const {
  for (auto const& member : document) {
    path.emplace_back(member.key());
    if (auto const* const by = find(path, member.value()))
      visit_one(path, *by);
    else if (auto const* const inner = member.value().if_object(); inner && any_below(path))
      visit(*inner, path, visit_one);
    path.pop_back();
  }
}

void layer_locks::apply(bj::object& document) const {
  std::vector<std::string> path;
  if (!empty()) apply(document, path);
}

void layer_locks::apply(bj::object& document, std::vector<std::string>& path) const {
  for (auto at = document.begin(); at != document.end();) {
    path.emplace_back(at->key());
    bool goes = find(path, at->value()) != nullptr;
    if (auto* const inner = at->value().if_object(); !goes && inner && any_below(path)) {
      bool const had_members = !inner->empty();
      apply(*inner, path);
      goes = had_members && inner->empty();
    }
    path.pop_back();
    at = goes ? document.stable_erase(at) : std::next(at);
  }
}

std::vector<issue> lock_notes(namespace_state const& state, source_record const& source,
                              std::size_t most) {
  std::vector<issue> notes;
  layer_locks const locks(state.locks.get(), source.row.id.where);
  if (locks.empty() || !source.row.is_effective) return notes;
  auto const document = typed_document(source, state.schema.get());
  locks.visit(document->root, [&](path_view path, lock const& by) {
    if (notes.size() == most) return;
    auto& added = notes.emplace_back(note(state.value.name_space, path, by));
    added.path = source.row.path;
    added.where = find_place(*document, path);
  });
  return notes;
}

std::vector<issue> lock_notes_on_overrides(namespace_state const& state, std::size_t most) {
  std::vector<issue> notes;
  if (!state.overrides) return notes;
  layer_locks const locks(state.locks.get(), layer::overrides);
  auto const document = state.overrides->document();
  locks.visit(document, [&](path_view path, lock const& by) {
    if (notes.size() == most) return;
    auto& added = notes.emplace_back(note(state.value.name_space, path, by));
    added.message.insert(0, "the override ");
    added.path = by.path;
    added.where.line = static_cast<std::uint32_t>(by.line);
  });
  return notes;
}

} // namespace cfgd::engine
