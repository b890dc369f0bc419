#include "engine/hidden.hpp"

#include "core/json.hpp"
#include "engine/diff.hpp"
#include "engine/merge.hpp"
#include "engine/overrides.hpp"

#include <boost/range/adaptor/reversed.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
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

/// So many overrides are counted by their differences to the state before.
constexpr std::size_t few_keys = 8;

/// The leaves of a file at and below `which`, or the one of its parents that is a leaf.
template <class Visitor>
void visit_leaves(source_lookup const& in, key const& which, Visitor visit) {
  std::string space;
  auto const found = in.follow(which.path(), space);
  if (found.value.empty()) return;
  auto each = [&visit](key const& leaf, std::string_view value) {
    visit(leaf, value);
    return true;
  };
  bool const is_whole = found.depth == which.path().size();
  canonical::for_each_leaf(is_whole ? which : first_parts(which, found.depth), found.value,
                           std::ref(each));
}

/// What a layer says about a path.
using answer = override_layer::answer;
using kind = layer_answer::kind;

answer ask(source_lookup const& from, std::span<std::string const> path) {
  answer found{.what = from.look_up(path).what};
  std::string space;
  if (found.what == kind::value) found.text = from.follow(path, space).value;
  return found;
}

/// Whether a layer that answers so gives the key another value than `value`, a canonical text.
bool hides(answer const& above, std::string_view value) {
  if (above.what != kind::value) return above.what == kind::removal && value != "null";
  // Two objects merge: the lower one is a leaf because it is empty.
  return !(above.text.starts_with('{') && value.starts_with('{')) && above.text != value;
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
  return depth == path.size() ? leaf : first_parts(leaf, depth);
}

/// `set`: find_origin() of the leaf.
hidden_value hidden_by_override(override_record const& overrides, key const& leaf,
                                override_origin const* set) {
  hidden_value out{.key = leaf.str(), .from = {}, .by = {}};
  out.override_key = covering_key(overrides, leaf).str();
  if (set != nullptr) {
    out.by = set->from;
    out.time = set->time;
  }
  out.by.where = layer::overrides;
  return out;
}

/// Whether a lock takes from a source what it says about a key.
bool is_locked(namespace_state const& state, source_record const& source,
               sourced_document const* document, key const& which) {
  if (!state.locks) return false;
  layer_locks const locks(state.locks.get(), source.row.id.where);
  return locks.find_ignoring(document->root, which.path()) != nullptr;
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
  std::ranges::sort(all);
  return all;
}

/// Whether one of these keys, none of which contains another, contains a key or lies below it.
bool meets(std::vector<key> const& sorted, key const& which) {
  auto const next = std::ranges::upper_bound(sorted, which);
  return (next != sorted.begin() && std::prev(next)->contains(which)) ||
         (next != sorted.end() && which.contains(*next));
}

origin origin_in(source_record const& source, place at) {
  origin from;
  from.where = source.row.id.where;
  from.path = source.row.path;
  from.at = at;
  from.revision = source.row.revision;
  return from;
}

/// Calls `visit` for each leaf of the files at and below `which`: of each key of the topmost file
/// that has it, and that no lock takes it from.
template <class Visitor>
void visit_files(hiding_layers const& all, key const& which, std::set<key>& seen, Visitor visit) {
  for (auto const& one : all.files) {
    visit_leaves(one.values, which, [&](key const& leaf, std::string_view value) {
      // Where it is locked, a lower file may have a value that counts.
      if (is_locked(all.state, *one.source, one.locked.get(), leaf)) return;
      if (seen.insert(leaf).second) visit(one, leaf, value);
    });
  }
}

/// Adds a hidden value of a file.
void list_hidden(hidden_values& into, namespace_state const& state, hiding_layers::file const& from,
                 key const& leaf, override_origin const* set) {
  ++into.count;
  if (into.listed.size() == hidden_values::most_listed) return;
  auto found = hidden_by_override(*state.overrides, leaf, set);
  found.from = origin_in(*from.source, from.values.find_place(leaf.path()));
  into.listed.push_back(std::move(found));
}

void add_hidden(hidden_values& into, hiding_layers const& all, key const& which,
                std::set<key>& seen) {
  visit_files(all, which, seen,
              [&](hiding_layers::file const& from, key const& leaf, std::string_view value) {
                if (!hides(all.overrides.ask(leaf.path()), value)) return;
                list_hidden(into, all.state, from, leaf, find_origin(*all.state.overrides, leaf));
              });
}

/// Values that overrides hide, and of each that has one the time of its override.
struct hidden_count {
  std::size_t count = 0;
  std::vector<wall_time> times = {};

  void add(override_origin const* set) {
    ++count;
    if (set != nullptr) times.push_back(set->time);
  }
};

/// The values that the overrides of some keys hide, or have a part in hiding.
hidden_count count_hidden_by(namespace_state const& state, std::span<key const> keys) {
  hidden_count out;
  if (!state.overrides) return out;
  hiding_layers const all(state);
  std::set<key> seen;
  for (auto const& which : keys)
    visit_files(all, which, seen,
                [&](hiding_layers::file const&, key const& leaf, std::string_view value) {
                  if (hides(all.overrides.ask(leaf.path()), value))
                    out.add(find_origin(*state.overrides, leaf));
                });
  return out;
}

bool has_secret(namespace_state const& state, key const& at, std::string_view value) {
  if (!state.schema || !state.schema->what->has_secrets()) return false;
  auto const is_secret = [&state](key const& which) {
    return !which.path().empty() && state.schema->what->is_secret(which.path());
  };
  bool any = is_secret(at);
  canonical::for_each_leaf(at, value, [&](key const& leaf, std::string_view) {
    any = any || is_secret(leaf);
    return !any;
  });
  return any;
}

/// The summary of the state before, changed by what the overrides of the keys that differ hide.
counted_overrides changed_summary(counted_overrides out, hidden_count const& before,
                                  namespace_state const& now, hidden_count const& after) {
  out.numbers.overrides = now.overrides->keys().size();
  out.numbers.hidden = out.numbers.hidden - before.count + after.count;
  auto const count = [&out](wall_time time, std::size_t step) {
    auto const* const known = out.times.find(time);
    auto const now_hidden = (known == nullptr ? 0 : known->second) + step;
    if (now_hidden == 0)
      out.times.erase(time);
    else
      out.times.insert_or_assign(time, now_hidden);
  };
  for (auto const& time : after.times)
    count(time, 1);
  for (auto const& time : before.times)
    count(time, std::size_t{0} - 1);
  auto const* const oldest = out.times.first();
  out.numbers.since = oldest == nullptr ? std::nullopt : std::optional(oldest->first);
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

hiding_layers::hiding_layers(namespace_state const& of, source_record const* lowest)
    : state(of), overrides(of) {
  for (auto const& [id, source] : boost::adaptors::reverse(of.sources)) {
    if (lowest != nullptr && !(lowest->row.id < id)) break;
    if (!source->row.is_effective) continue;
    files.push_back({source.get(), {*source, of.schema.get()}});
    if (of.locks) files.back().locked = typed_document(*source, of.schema.get());
  }
}

std::shared_ptr<counted_overrides const> add_hidden_by_overrides(hidden_values& into,
                                                                 namespace_state const* was,
                                                                 namespace_state const& now,
                                                                 std::span<key const> which) {
  if (!now.overrides) return nullptr;
  hiding_layers const all(now);
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
                [&](hiding_layers::file const& from, key const& leaf, std::string_view value) {
                  if (hides(old.ask(leaf.path()), value))
                    before.add(find_origin(*was->overrides, leaf));
                  if (!hides(all.overrides.ask(leaf.path()), value)) return;
                  auto const* const set = find_origin(*now.overrides, leaf);
                  after.add(set);
                  list_hidden(into, now, from, leaf, set);
                });
  return std::make_shared<counted_overrides const>(
      changed_summary(*was->summary, before, now, after));
}

hiding_finder::hiding_finder(namespace_state const& state, source_record const& source)
    : above_(state, &source), source_(source),
      document_(typed_document(source, state.schema.get())), places_(document_) {}

std::optional<hidden_value> hiding_finder::find(key const& leaf, std::string_view value) const {
  auto const& state = above_.state;
  if (is_locked(state, source_, document_.get(), leaf)) return std::nullopt; // lock_notes() says so
  std::optional<hidden_value> found;
  auto const of_overrides = above_.overrides.ask(leaf.path());
  if (of_overrides.what != kind::nothing) {
    if (!hides(of_overrides, value)) return std::nullopt;
    found = hidden_by_override(*state.overrides, leaf, find_origin(*state.overrides, leaf));
  }
  for (auto const& other : above_.files) {
    if (found) break;
    if (is_locked(state, *other.source, other.locked.get(), leaf)) continue;
    auto const above = ask(other.values, leaf.path());
    if (above.what == kind::nothing) continue;
    if (!hides(above, value)) return std::nullopt;
    auto const at = other.values.find_place(leaf.path());
    found = hidden_value{.key = leaf.str(), .from = {}, .by = origin_in(*other.source, at)};
  }
  if (found) found->from = origin_in(source_, places_.find(leaf.path()));
  return found;
}

counted_overrides count_overrides(namespace_state const& state) {
  counted_overrides out{.numbers = {.name_space = state.value.name_space}};
  if (!state.overrides) return out;
  std::vector<key> all;
  all.reserve(state.overrides->keys().size());
  state.overrides->keys().visit([&all](override_record::table::entry const& one) {
    all.push_back(one.first);
    return true;
  });
  return changed_summary(std::move(out), {}, state, count_hidden_by(state, all));
}

override_summary summarize_overrides(namespace_state const& state) {
  return count_overrides(state).numbers;
}

counted_overrides count_overrides(namespace_state const& was, namespace_state const& now) {
  auto const keys =
      was.summary && now.overrides ? differing_keys(was, now) : std::optional<std::vector<key>>();
  if (!keys || keys->size() > few_keys + now.overrides->keys().size()) return count_overrides(now);
  return changed_summary(*was.summary, count_hidden_by(was, *keys), now,
                         count_hidden_by(now, *keys));
}

std::vector<override_row> list_overrides(namespace_state const& state,
                                         std::optional<key> const& prefix) {
  std::vector<override_row> all;
  if (!state.overrides) return all;
  hiding_layers const from(state);
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
    auto value = json::canonical(state.overrides->value_at(which.path()).value_or(bj::value()));
    if (has_secret(state, which, value)) value.clear();
    override_row row{.key = which.str(),
                     .value = std::move(value),
                     .from = by.from,
                     .time = by.time,
                     .is_soft = by.is_soft};
    row.is_locked = meets(locked, which);
    add_hidden(row.hides, from, which, seen);
    all.push_back(std::move(row));
  }
  std::ranges::reverse(all);
  return all;
}

std::map<source_id, source_keys> count_hidden(namespace_state const& state) {
  std::map<source_id, source_keys> all;
  key const whole(std::vector{state.value.name_space});
  hiding_layers const from(state);
  for (auto const& one : from.files) {
    auto& counts = all[one.source->row.id];
    visit_leaves(one.values, whole, [&](key const& leaf, std::string_view value) {
      ++counts.all;
      bool const is_ignored = is_locked(state, *one.source, one.locked.get(), leaf);
      auto said = is_ignored ? answer() : from.overrides.ask(leaf.path());
      for (auto const* above = from.files.data();
           !is_ignored && said.what == kind::nothing && above != &one; ++above)
        if (!is_locked(state, *above->source, above->locked.get(), leaf))
          said = ask(above->values, leaf.path());
      if (is_ignored || hides(said, value)) ++counts.hidden;
    });
  }
  return all;
}

} // namespace cfgd::engine
