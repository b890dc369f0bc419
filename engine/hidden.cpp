#include "engine/hidden.hpp"

#include "core/json.hpp"
#include "engine/diff.hpp"
#include "engine/merge.hpp"
#include "engine/overrides.hpp"

#include <boost/range/adaptor/reversed.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <utility>

// A leaf of a source is hidden by the topmost layer above that has anything to say about its key: a
// value, a null, or a parent that is not an object. Overrides are looked at from their keys, which
// are few; only count_hidden() visits every leaf of every source.

namespace cfgd::engine {
namespace {

namespace bj = boost::json;
using leaf_visitor = std::function<void(key const&, bj::value const&)>;

/// So many are looked up one by one.
constexpr std::size_t few_keys = 8;

bool is_tree(bj::value const& what) {
  auto const* const object = what.if_object();
  return object != nullptr && !object->empty();
}

void visit_below(key const& at, bj::value const& what, leaf_visitor const& visit) {
  if (!is_tree(what)) return visit(at, what);
  for (auto const& member : what.get_object())
    visit_below(at.child(member.key()), member.value(), visit);
}

/// Visits the leaves at and below `which`, or the one of its parents that is a leaf.
void visit_leaves(bj::object const& document, key const& which, leaf_visitor const& visit) {
  auto const path = which.path();
  auto const* object = &document;
  bj::value const* found = nullptr;
  std::size_t depth = 0;
  for (; depth < path.size() && object != nullptr; ++depth) {
    if (depth > 0 && object->empty()) break;
    found = object->if_contains(path[depth]);
    if (found == nullptr) return;
    object = found->if_object();
  }
  key at(std::vector(which.parts().begin(),
                     which.parts().begin() + static_cast<std::ptrdiff_t>(depth + 1)));
  if (found != nullptr) return visit_below(at, *found, visit);
  for (auto const& member : document)
    visit_below(at.child(member.key()), member.value(), visit);
}

/// Whether a layer that answers so gives the key another value than `value`.
bool differs(layer_answer::kind what, bj::value const* above, bj::value const& value) {
  if (what == layer_answer::kind::removal) return !value.is_null();
  // Two objects merge: the lower one is a leaf because it is empty.
  if (above->is_object() && value.is_object()) return false;
  return *above != value;
}
bool differs(layer_answer const& above, bj::value const& value) {
  return differs(above.what, above.value, value);
}
bool differs(override_layer::answer const& above, bj::value const& value) {
  return differs(above.what, &above.value, value);
}

/// The nearest of a key and its parents that is a value of its own in the overrides.
key covering_key(override_record const& overrides, key const& leaf) {
  std::size_t depth = 0;
  auto const path = leaf.path();
  while (depth < path.size()) {
    auto const found = overrides.look_up(path.first(depth + 1));
    if (!found.is_there) break;
    ++depth;
    if (!found.is_object) break;
  }
  auto const& parts = leaf.parts();
  return key({parts.begin(), parts.begin() + 1 + static_cast<std::ptrdiff_t>(depth)});
}

hidden_value hidden_by_override(override_record const& overrides, key const& leaf) {
  hidden_value out{.key = leaf.str(), .from = {}, .by = {}};
  out.override_key = covering_key(overrides, leaf).str();
  if (auto const* const set = find_origin(overrides, leaf)) {
    out.by = set->from;
    out.time = set->time;
  }
  out.by.where = layer::overrides;
  return out;
}

/// Whether a lock takes from a source what it says about a key.
bool is_locked(namespace_state const& state, source_record const& source,
               sourced_document const& document, key const& which) {
  layer_locks const locks(state.locks.get(), source.row.id.where);
  return locks.find_ignoring(document.root, which.path()) != nullptr;
}

/// The topmost overrides that locks take away; there must be some overrides.
std::vector<key> locked_overrides(namespace_state const& state) {
  std::vector<key> all;
  layer_locks const locks(state.locks.get(), layer::overrides);
  if (locks.empty()) return all;
  locks.visit(state.overrides->document(), [&](std::span<std::string const> path, lock const&) {
    std::vector<std::string> parts{state.value.name_space};
    parts.insert(parts.end(), path.begin(), path.end());
    all.emplace_back(std::move(parts));
  });
  return all;
}

origin origin_in(source_record const& source, place at) {
  origin from;
  from.where = source.row.id.where;
  from.path = source.row.path;
  from.at = at;
  from.revision = source.row.revision;
  return from;
}

/// The layers of a namespace as its schema reads them. Made once for all keys: reading may copy.
struct layers {
  struct file {
    source_record const* source;
    source_lookup values;
    namespace_schema const* schema;
    std::shared_ptr<sourced_document const> whole = {}; ///< read for many keys, or locks

    /// All of it, with its places.
    std::shared_ptr<sourced_document const> document() const {
      return typed_document(*source, schema);
    }
    /// As the function of this name.
    void visit_leaves(key const& which, leaf_visitor const& visit) const {
      if (whole || which.path().empty())
        return engine::visit_leaves((whole ? whole : document())->root, which, visit);
      auto const found = values.follow(which.path());
      if (!found) return;
      auto const end = which.parts().begin() + 1 + static_cast<std::ptrdiff_t>(found->depth);
      visit_below(key({which.parts().begin(), end}), found->value, visit);
    }
  };

  explicit layers(namespace_state const& of) : state(of), overrides(of) {
    if (!of.overrides) return;
    for (auto const& [id, source] : boost::adaptors::reverse(of.sources)) {
      if (!source->row.is_effective) continue;
      files.push_back({source.get(), {*source, of.schema.get()}, of.schema.get()});
      if (of.locks) files.back().whole = files.back().document(); // each leaf is asked for in it
    }
  }

  namespace_state const& state;
  override_layer overrides;
  std::vector<file> files; ///< the topmost first; none if there are no overrides
};

using file_visitor = std::function<void(layers::file const&, key const&, bj::value const&)>;

/// Calls `visit` for each leaf of the files at and below `which`: of each key of the topmost file
/// that has it, and that no lock takes it from.
void visit_files(layers const& all, key const& which, std::set<key>& seen,
                 file_visitor const& visit) {
  for (auto const& one : all.files) {
    one.visit_leaves(which, [&](key const& leaf, bj::value const& value) {
      if (!seen.insert(leaf).second) return;
      if (all.state.locks && is_locked(all.state, *one.source, *one.whole, leaf))
        seen.erase(leaf); // a lower file may have a value that counts
      else
        visit(one, leaf, value);
    });
  }
}

/// Whether overrides hide a value of a file.
bool is_hidden(override_layer const& by, key const& leaf, bj::value const& value) {
  auto const above = by.ask(leaf.path());
  return above.what != layer_answer::kind::nothing && differs(above, value);
}

/// Calls `visit` for each of the values of visit_files() that overrides hide.
void visit_hidden(layers const& all, key const& which, std::set<key>& seen,
                  std::function<void(layers::file const&, key const&)> const& visit) {
  visit_files(all, which, seen,
              [&](layers::file const& from, key const& leaf, bj::value const& value) {
                if (is_hidden(all.overrides, leaf, value)) visit(from, leaf);
              });
}

/// Adds a hidden value of a file.
void list_hidden(hidden_values& into, namespace_state const& state, layers::file const& from,
                 key const& leaf) {
  ++into.count;
  if (into.listed.size() == hidden_values::most_listed) return;
  auto found = hidden_by_override(*state.overrides, leaf);
  found.from = origin_in(*from.source, from.values.find_place(leaf.path()));
  into.listed.push_back(std::move(found));
}

void add_hidden(hidden_values& into, layers const& all, key const& which, std::set<key>& seen) {
  visit_hidden(all, which, seen, [&](layers::file const& from, key const& leaf) {
    list_hidden(into, all.state, from, leaf);
  });
}

struct hidden_count {
  std::size_t count = 0;
  std::optional<wall_time> since; ///< when the oldest of what hides them was set

  void add(namespace_state const& in, key const& leaf) {
    ++count;
    auto const* const set = find_origin(*in.overrides, leaf);
    if (set != nullptr) since = std::min(since.value_or(set->time), set->time);
  }
};

/// The values that the overrides of some keys hide, or have a part in hiding.
hidden_count count_hidden_by(layers const& all, std::span<key const> keys) {
  hidden_count out;
  std::set<key> seen;
  for (auto const& which : keys)
    visit_hidden(all, which, seen,
                 [&](layers::file const&, key const& leaf) { out.add(all.state, leaf); });
  return out;
}
hidden_count count_hidden_by(namespace_state const& state, std::span<key const> keys) {
  layers all(state);
  if (keys.size() > few_keys)
    for (auto& one : all.files)
      if (!one.whole) one.whole = one.document();
  return count_hidden_by(all, keys);
}

/// When the oldest override that hides a value was set. Looks at what they hide from the oldest on,
/// and no further than needed.
std::optional<wall_time> oldest_hiding(namespace_state const& state) {
  using entry = override_record::table::entry;
  std::vector<entry const*> all;
  all.reserve(state.overrides->keys().size());
  state.overrides->keys().visit([&all](entry const& one) {
    all.push_back(&one);
    return true;
  });
  auto const is_later = [](entry const* one, entry const* other) {
    return one->second.by.time > other->second.by.time;
  };
  std::ranges::make_heap(all, is_later);
  layers const from(state); // once: a source may be read for it as a whole
  std::optional<wall_time> oldest;
  while (!all.empty() && (!oldest || all.front()->second.by.time < *oldest)) {
    auto const since = count_hidden_by(from, std::span(&all.front()->first, 1)).since;
    if (since) oldest = std::min(oldest.value_or(*since), *since);
    std::ranges::pop_heap(all, is_later);
    all.pop_back();
  }
  return oldest;
}

bool has_secret(namespace_state const& state, key const& at, bj::value const& value) {
  if (!state.schema || !state.schema->what->has_secrets()) return false;
  if (!at.path().empty() && state.schema->what->is_secret(at.path())) return true;
  bool any = false;
  if (is_tree(value))
    visit_below(at, value, [&](key const& leaf, bj::value const&) {
      any = any || state.schema->what->is_secret(leaf.path());
    });
  return any;
}

/// The summary of the state before, changed by what the overrides of the keys that differ hide.
override_summary changed_summary(override_summary out, hidden_count const& before,
                                 namespace_state const& now, hidden_count const& after) {
  out.overrides = now.overrides->keys().size();
  out.hidden = out.hidden - before.count + after.count;
  if (before.since && *before.since == out.since)
    out.since = oldest_hiding(now);
  else if (after.since)
    out.since = std::min(out.since.value_or(*after.since), *after.since);
  return out;
}

/// Whether the summary of a state is that of another one but for these keys of its overrides.
bool is_counted_but(namespace_state const& was, namespace_state const& now,
                    std::span<key const> keys) {
  bool const may_be = was.summary && now.overrides && keys.size() <= few_keys &&
                      was.sources == now.sources && was.schema == now.schema &&
                      was.locks == now.locks;
  return may_be &&
         std::ranges::equal(topmost_differences(was.overrides.get(), now.overrides.get()), keys);
}

} // namespace

std::shared_ptr<override_summary const> add_hidden_by_overrides(hidden_values& into,
                                                                namespace_state const* was,
                                                                namespace_state const& now,
                                                                std::span<key const> which) {
  layers const all(now);
  std::set<key> seen;
  if (was == nullptr || !is_counted_but(*was, now, which)) {
    for (auto const& one : which)
      add_hidden(into, all, one, seen);
    return nullptr;
  }
  override_layer const old(*was);
  hidden_count before;
  hidden_count after;
  for (auto const& one : which)
    visit_files(all, one, seen,
                [&](layers::file const& from, key const& leaf, bj::value const& value) {
                  if (is_hidden(old, leaf, value)) before.add(*was, leaf);
                  if (!is_hidden(all.overrides, leaf, value)) return;
                  after.add(now, leaf);
                  list_hidden(into, now, from, leaf);
                });
  return std::make_shared<override_summary const>(
      changed_summary(*was->summary, before, now, after));
}

hiding_finder::hiding_finder(namespace_state const& state, source_record const& source)
    : state_(state), source_(source), overrides_(state),
      document_(typed_document(source, state.schema.get())), places_(document_) {
  for (auto const& [id, other] : boost::adaptors::reverse(state.sources)) {
    if (!(source.row.id < id)) break;
    if (other->row.is_effective)
      above_.push_back({other.get(), typed_document(*other, state.schema.get())});
  }
}

std::optional<hidden_value> hiding_finder::find(key const& leaf, bj::value const& value) const {
  if (is_locked(state_, source_, *document_, leaf)) return std::nullopt; // lock_notes() says so
  std::optional<hidden_value> found;
  auto const of_overrides = overrides_.ask(leaf.path());
  if (of_overrides.what != layer_answer::kind::nothing) {
    if (!differs(of_overrides, value)) return std::nullopt;
    found = hidden_by_override(*state_.overrides, leaf);
  }
  for (auto const& [other, document] : above_) {
    if (found) break;
    if (is_locked(state_, *other, *document, leaf)) continue;
    auto const above = look_up(document->root, leaf.path());
    if (above.what == layer_answer::kind::nothing) continue;
    if (!differs(above, value)) return std::nullopt;
    auto const at = find_place(*document, leaf.path());
    found = hidden_value{.key = leaf.str(), .from = {}, .by = origin_in(*other, at)};
  }
  if (found) found->from = origin_in(source_, places_.find(leaf.path()));
  return found;
}

override_summary summarize_overrides(namespace_state const& state) {
  override_summary out{.name_space = state.value.name_space};
  if (!state.overrides) return out;
  std::vector<key> all;
  state.overrides->keys().visit([&all](override_record::table::entry const& one) {
    all.push_back(one.first);
    return true;
  });
  auto const hidden = count_hidden_by(state, all);
  out.overrides = all.size();
  out.hidden = hidden.count;
  out.since = hidden.since;
  return out;
}

override_summary summarize_overrides(namespace_state const& was, namespace_state const& now) {
  auto const keys =
      was.summary && now.overrides ? differing_keys(was, now) : std::optional<std::vector<key>>();
  if (!keys || keys->size() > few_keys + now.overrides->keys().size())
    return summarize_overrides(now);
  return changed_summary(*was.summary, count_hidden_by(was, *keys), now,
                         count_hidden_by(now, *keys));
}

std::vector<override_row> list_overrides(namespace_state const& state,
                                         std::optional<key> const& prefix) {
  std::vector<override_row> all;
  if (!state.overrides) return all;
  layers const from(state);
  auto const locked = locked_overrides(state);
  std::set<key> seen;
  std::vector<override_record::table::entry const*> entries;
  entries.reserve(state.overrides->keys().size());
  state.overrides->keys().visit([&](override_record::table::entry const& one) {
    if (!prefix || prefix->contains(one.first)) entries.push_back(&one);
    return true;
  });
  // From the end: what a key and a parent of it both hide belongs to the key.
  for (auto const* const entry : boost::adaptors::reverse(entries)) {
    auto const& which = entry->first;
    auto const& by = entry->second.by;
    auto const value = state.overrides->value_at(which.path()).value_or(bj::value());
    override_row row{.key = which.str(),
                     .value = has_secret(state, which, value) ? "" : json::canonical(value),
                     .from = by.from,
                     .time = by.time,
                     .is_soft = by.is_soft};
    row.is_locked = std::ranges::any_of(
        locked, [&](key const& one) { return which.contains(one) || one.contains(which); });
    add_hidden(row.hides, from, which, seen);
    all.push_back(std::move(row));
  }
  std::ranges::reverse(all);
  return all;
}

std::map<source_id, source_keys> count_hidden(namespace_state const& state) {
  std::map<source_id, source_keys> all;
  key const whole(std::vector{state.value.name_space});
  override_layer const overrides(state);
  // From the top, with the sources above the current one.
  std::vector<std::pair<source_record const*, std::shared_ptr<sourced_document const>>> above;
  for (auto const& [id, source] : boost::adaptors::reverse(state.sources)) {
    if (!source->row.is_effective) continue;
    auto& counts = all[id];
    auto document = typed_document(*source, state.schema.get());
    source_record const& record = *source; // clang 14 does not capture structured bindings
    visit_leaves(document->root, whole, [&](key const& leaf, bj::value const& value) {
      ++counts.all;
      if (is_locked(state, record, *document, leaf)) {
        ++counts.hidden;
        return;
      }
      auto const of_overrides = overrides.ask(leaf.path());
      layer_answer answer{.what = of_overrides.what, .value = &of_overrides.value};
      for (auto const& [other, higher] : above)
        if (answer.what == layer_answer::kind::nothing && !is_locked(state, *other, *higher, leaf))
          answer = look_up(higher->root, leaf.path());
      if (answer.what != layer_answer::kind::nothing && differs(answer, value)) ++counts.hidden;
    });
    above.emplace_back(source.get(), std::move(document));
  }
  return all;
}

} // namespace cfgd::engine
