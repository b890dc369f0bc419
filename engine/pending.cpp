#include "engine/pending.hpp"

#include "core/json.hpp"
#include "engine/diff.hpp"
#include "engine/merge.hpp"
#include "engine/overrides.hpp"
#include "engine/stored_text.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <tuple>
#include <utility>

// The record of a pending change has the override layers before and after it. If a layer is still
// as the change left it, undoing it restores the record before, with all its setters. If others
// have written since, what they wrote stays, even the same value: only leaves that still have the
// value and the setter of the change are restored, and only where nobody has set something else.
//
// A pending change made on top of another one has the edits of that one in its record "before".
// When the earlier one is undone, its edits are removed there too, or undoing the later one would
// bring them back.
//
// Layers are compared like effective values, leaf by leaf by their texts. A null is a leaf here.

namespace cfgd::engine {
namespace {

std::string text_of(override_record const* layer) {
  return layer == nullptr ? "{}" : json::canonical(boost::json::value(layer->document()));
}

/// Compares content, because a record that was loaded again is another object.
bool is_same(override_record const* left, override_record const* right) {
  if (left == nullptr || right == nullptr) return left == right;
  // A key above others may have values from before those were set, in one of the records.
  bool is_equal = true;
  bool has_same_setters = true;
  override_record::table::differences(
      left->keys(), right->keys(), [&](auto const* one, auto const* other) {
        bool const is_in_both = one != nullptr && other != nullptr;
        is_equal = is_equal && is_in_both && one->second.value == other->second.value;
        has_same_setters = has_same_setters && is_in_both && one->second.by == other->second.by;
      });
  return has_same_setters && (is_equal || left->document() == right->document());
}

/// The text of a leaf in a layer; empty: the key is absent, or an object with members.
std::string_view leaf_at(std::string_view layer, key const& which) {
  auto const found = canonical::find(layer, which.path());
  bool const is_leaf = found && (!found->starts_with('{') || *found == "{}");
  return is_leaf ? *found : std::string_view();
}

bool has_same_setter(override_record const& left, override_record const& right, key const& which) {
  auto const* const one = find_origin(left, which);
  auto const* const other = find_origin(right, which);
  return one != nullptr && other != nullptr && *one == *other;
}

/// Restores a leaf with its former setter, unless the layer sets something there again.
void put_back(override_editor& edit, key const& which, std::string_view value,
              override_record const& before) {
  if (edit.layer().look_up(which.path()).what != layer_answer::kind::nothing) return;
  auto const* const by = find_origin(before, which);
  edit.set(which, parse_stored_value(value).value(), by == nullptr ? override_origin() : *by);
}

} // namespace

std::vector<pending_change> list_pending(pending_records const& all) {
  std::vector<pending_change> list;
  list.reserve(all.size());
  for (auto const& [revision, record] : all) {
    auto& one = list.emplace_back(record->what);
    // Taken from the layers, because a key may be too long to be parsed.
    for (auto const& [name, layer] : record->layers)
      one.namespaces.push_back(name);
  }
  std::ranges::sort(
      list, {}, [](pending_change const& one) { return std::tuple(one.deadline, one.revision); });
  return list;
}

std::vector<std::string>
changed_keys(std::map<std::string, pending_record::layer_change> const& by) {
  std::vector<key_change> leaves;
  for (auto const& [name, layer] : by)
    append_differences(leaves, name, layer.before.get(), layer.after.get());
  std::vector<std::string> keys;
  keys.reserve(leaves.size());
  for (auto& leaf : leaves)
    keys.push_back(std::move(leaf.key));
  return keys;
}

std::shared_ptr<override_record const>
take_back(std::string const& name_space, std::shared_ptr<override_record const> const& current,
          pending_record::layer_change const& done) {
  if (is_same(current.get(), done.after.get())) return done.before;
  auto const now = text_of(current.get());
  std::vector<key_change> leaves;
  append_differences(leaves, name_space, done.before.get(), done.after.get());
  std::erase_if(leaves, [&](key_change const& leaf) {
    auto const which = parse_stored_key(leaf.key).value();
    return leaf_at(now, which) != leaf.after ||
           (!leaf.deleted() && !has_same_setter(*current, *done.after, which));
  });
  override_editor edit(current.get());
  // All removals first: a leaf to restore may be a parent of leaves that the change created.
  for (auto const& leaf : leaves)
    if (!leaf.deleted()) edit.unset(parse_stored_key(leaf.key).value());
  for (auto const& leaf : leaves)
    if (!leaf.created())
      put_back(edit, parse_stored_key(leaf.key).value(), leaf.before, *done.before);
  return edit.changed() ? edit.finish() : current;
}

void forget_undone(pending_records& all, pending_record const& undone) {
  for (auto at = all.upper_bound(undone.what.revision); at != all.end(); ++at) {
    auto rest = std::make_shared<pending_record>(*at->second);
    bool is_changed = false;
    for (auto& [name, layer] : rest->layers) {
      auto const done = undone.layers.find(name);
      if (done == undone.layers.end()) continue;
      auto before = take_back(name, layer.before, done->second);
      auto after = take_back(name, layer.after, done->second);
      is_changed = is_changed || before != layer.before || after != layer.after;
      layer = {std::move(before), std::move(after)};
    }
    if (!is_changed) continue;
    rest->what.keys = changed_keys(rest->layers);
    at->second = std::move(rest);
  }
}

void forget_layers(pending_records& all, std::string const& name_space) {
  for (auto at = all.begin(); at != all.end();) {
    auto const next = std::next(at);
    if (at->second->layers.contains(name_space)) {
      auto rest = std::make_shared<pending_record>(*at->second);
      rest->layers.erase(name_space);
      rest->what.keys = changed_keys(rest->layers);
      if (rest->layers.empty())
        all.erase(at);
      else
        at->second = std::move(rest);
    }
    at = next;
  }
}

} // namespace cfgd::engine
