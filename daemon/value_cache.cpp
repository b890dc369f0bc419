#include "daemon/value_cache.hpp"

#include "core/document.hpp"
#include "core/json.hpp"
#include "core/key.hpp"
#include "core/outline.hpp"
#include "core/shared_text.hpp"
#include "core/value_path.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <forward_list>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

// A table of namespaces by name, and one of the ready members of all of them by key, so that a hit
// is one look-up with a view of the caller's text, and nothing is parsed. A namespace owns its
// members; they leave the table with it. A key that is spelt in another way than cfgd writes it
// ("site".title) is parsed, and its member is made for each call: if it were kept, one value could
// fill the memory under a million spellings.
//
// Keys without a ready member are found by the outline of the text, which is made for the second
// one: a caller who asks for all keys of a large namespace must not block the loop.
//
// There is at most one revision of a namespace here, and publish() drops everything of the old one
// that differs, so entries need no age: the keys of a change, and those above them. Where a value
// in an array was asked for, all of them go. A list has the loaded namespaces, the last used first;
// the last of the list is evicted. The one in use stays even if it alone is larger than the
// maximum, as it could not be read otherwise.

namespace cfgd {
namespace {

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};

template <class Value>
using table = std::unordered_map<std::string, Value, text_hash, std::equal_to<>>;

/// About what the table's node, its bucket, the object and the allocator add to the texts.
constexpr std::size_t entry_overhead_bytes = 128;
/// A text that is put together here at most.
constexpr std::size_t quick_bytes = std::size_t{256} * 1024;

/// Whether a text can be had in one piece, now.
bool is_ready(canonical::shared_text const& text) {
  return text.is_whole() || text.size() <= quick_bytes;
}

/// Entries that were dropped alone leave their places in the list, up to so many more than are
/// used.
constexpr std::size_t unused_places = 64;

struct kept_namespace;

/// A member that is ready to send, behind the key that it is found by.
struct ready_member {
  std::string text;
  std::size_t key_bytes = 0;
  kept_namespace* of = nullptr;
  bool is_plain = false; ///< a JSON string spells the key as it is

  std::string_view key_text() const { return std::string_view(text).substr(0, key_bytes); }
  std::string_view member() const { return std::string_view(text).substr(key_bytes); }
};

struct kept_namespace {
  std::string_view name; ///< the table's
  canonical::shared_text text;
  std::optional<canonical::finder> values; ///< of a text that is whole, while loaded
  revision_number revision = 0;
  std::forward_list<ready_member> members; ///< addresses are kept; without a text: dropped
  std::size_t places = 0;                  ///< number of members, with those that were dropped
  bool has_elements = false;               ///< a member is of a value in an array
  value_cache::namespace_figures figures;
  std::list<kept_namespace*>::iterator place; ///< valid while loaded
};

std::size_t bytes_of(std::string_view key, std::string_view member) {
  return key.size() + member.size() + entry_overhead_bytes;
}

/// Whether `member`, which begins with the key as a JSON string, has it there without an escape.
bool is_spelt_as_it_is(std::string_view key, std::string_view member) {
  return member.substr(1).starts_with(key) && member.substr(1 + key.size()).starts_with("\":");
}

} // namespace

struct value_cache::impl {
  table<kept_namespace> namespaces;
  /// The keys are the members'. Open addressing: a look-up is most of what a Get costs here.
  boost::unordered_flat_map<std::string_view, ready_member*, std::hash<std::string_view>> ready;
  std::list<kept_namespace*> used; ///< loaded ones, last used first
  std::size_t bytes = 0;
  std::size_t maximum = 0;
  std::uint64_t evictions = 0;
  std::vector<std::string> names; ///< of all, in order; empty: not known
  std::string scratch;
  std::string joined; ///< an object that was found in pieces

  kept_namespace* find(std::string_view name) {
    auto const found = namespaces.find(name);
    return found == namespaces.end() ? nullptr : &found->second;
  }

  void touch(kept_namespace& one) {
    if (used.front() != &one) used.splice(used.begin(), used, one.place);
  }

  void count_hit(ready_member const& found) {
    ++found.of->figures.hits;
    touch(*found.of);
  }

  void unload(kept_namespace& one) {
    if (!one.text) return;
    bytes -= one.figures.bytes;
    one.figures.bytes = 0;
    one.figures.entries = 0;
    for (auto const& each : one.members)
      if (!each.text.empty()) ready.erase(each.key_text());
    one.members.clear();
    one.places = 0;
    one.has_elements = false;
    one.values.reset();
    one.text = {};
    used.erase(one.place);
  }

  void load(kept_namespace& one, engine::effective const& newest) {
    unload(one);
    one.place = used.insert(used.begin(), &one);
    one.figures.bytes = sizeof(kept_namespace);
    bytes += one.figures.bytes;
    take_text(one, newest);
  }

  /// Gives a namespace that is in the list another text.
  void take_text(kept_namespace& one, engine::effective const& newest) {
    auto const before = one.text.size() + (one.values ? one.values->bytes() : 0);
    one.values.reset();
    one.text = newest.text;
    if (one.text.is_whole()) one.values.emplace(*one.text);
    one.revision = newest.revision;
    one.figures.bytes += one.text.size() - before;
    bytes += one.text.size() - before;
    touch(one);
    make_room(one, 0);
  }

  /// Drops the entries of a key and of those above it.
  void drop_entries(kept_namespace& one, std::string_view key_text) {
    while (true) {
      drop_entry(one, key_text);
      // A dot in quotes ends the text of no key, so nothing is found there.
      auto const dot = key_text.rfind('.');
      if (dot == key_text.npos) break;
      key_text = key_text.substr(0, dot);
    }
    if (one.places <= 2 * one.figures.entries + unused_places) return;
    one.members.remove_if([](ready_member const& each) { return each.text.empty(); });
    one.places = one.figures.entries;
  }

  void drop_entry(kept_namespace& one, std::string_view key_text) {
    auto const found = ready.find(key_text);
    if (found == ready.end()) return;
    auto& entry = *found->second;
    auto const less = bytes_of(entry.key_text(), entry.member());
    ready.erase(found);
    entry.text = {};
    bytes -= less;
    one.figures.bytes -= less;
    --one.figures.entries;
  }

  /// Evicts others than `keep` until `more` bytes fit; returns whether they do.
  bool make_room(kept_namespace const& keep, std::size_t more) {
    while (bytes + more > maximum && used.back() != &keep) {
      unload(*used.back());
      ++evictions;
    }
    return bytes + more <= maximum;
  }

  /// Keeps `scratch` as the member of a key, if there is room. The view is valid either way.
  std::string_view keep_member(kept_namespace& one, std::string_view key) {
    auto const more = bytes_of(key, scratch);
    if (!make_room(one, more)) return scratch;
    auto& added = one.members.emplace_front();
    added.text.reserve(key.size() + scratch.size());
    added.text.append(key).append(scratch);
    added.key_bytes = key.size();
    added.of = &one;
    added.is_plain = is_spelt_as_it_is(key, scratch);
    ready.emplace(added.key_text(), &added);
    bytes += more;
    one.figures.bytes += more;
    ++one.figures.entries;
    ++one.places;
    return added.member();
  }

  void make_member(std::string_view key_text, std::string_view value) {
    scratch.clear();
    json::append_string(scratch, key_text);
    scratch.push_back(':');
    scratch.append(value);
  }

  /// Looks into the text. What that makes, to find more of it, takes memory as entries do.
  std::optional<std::string_view> find_value(kept_namespace& one, key const& which) {
    if (!one.values) return one.text.find(which.path(), joined);
    auto const before = one.values->bytes();
    auto const found = one.values->find(which.path());
    auto const more = one.values->bytes() - before;
    bytes += more;
    one.figures.bytes += more;
    if (more != 0) make_room(one, 0);
    return found;
  }

  lookup_result look_up(std::string_view key_text);
};

value_cache::value_cache(std::size_t maximum_bytes) : impl_(std::make_unique<impl>()) {
  impl_->maximum = maximum_bytes;
}

value_cache::~value_cache() = default;

void value_cache::publish(engine::effective const& newest, changes const* done) {
  auto* one = impl_->find(newest.name_space);
  if (one != nullptr) ++one->figures.invalidations;
  if (!newest.text) {
    impl_->names.clear();
    if (one != nullptr) impl_->unload(*one);
    if (one != nullptr) impl_->namespaces.erase(impl_->namespaces.find(newest.name_space));
    return;
  }
  if (one == nullptr) {
    impl_->names.clear();
    auto const added = impl_->namespaces.try_emplace(newest.name_space).first;
    one = &added->second;
    one->name = added->first;
  }
  if (done == nullptr || !one->text || one->has_elements) return impl_->load(*one, newest);
  impl_->take_text(*one, newest);
  for (auto const& record : *done)
    for (auto const& leaf : record->keys)
      if (namespace_of(leaf.key) == one->name) impl_->drop_entries(*one, leaf.key);
}

void value_cache::fill(engine::effective const& current) {
  auto* const one = impl_->find(current.name_space);
  // What was published meanwhile is newer, also that a namespace is gone.
  if (one == nullptr || !current.text || one->text || current.revision < one->revision) return;
  impl_->load(*one, current);
}

value_cache::lookup_result value_cache::impl::look_up(std::string_view key_text) {
  auto const which = parse_value_path(key_text);
  if (!which) return {.what = status::bad_key, .why = which.error()};
  auto* const one = find(which->base.name_space());
  if (one == nullptr) return {.what = status::no_value};
  if (!one->text || (which->base.path().empty() && !is_ready(one->text))) {
    ++one->figures.misses;
    return {.what = status::not_loaded, .name_space = one->name};
  }
  touch(*one);
  ++one->figures.misses;
  auto const whole = find_value(*one, which->base);
  if (!whole) return {.what = status::no_value};
  auto const value = canonical::find_inside(*whole, *which);
  if (!value) return {.what = status::bad_key, .why = value.error()};
  if (!*value) return {.what = status::no_value};
  make_member(key_text, **value);
  if (which->str() != key_text) return {.what = status::found, .member = scratch};
  one->has_elements = one->has_elements || !which->inside.empty();
  return {.what = status::found, .member = keep_member(*one, key_text)};
}

value_cache::lookup_result value_cache::find(std::string_view key_text) {
  auto const found = impl_->ready.find(key_text);
  if (found == impl_->ready.end()) return impl_->look_up(key_text);
  impl_->count_hit(*found->second);
  return {.what = status::found, .member = found->second->member()};
}

std::string_view value_cache::find_plain(std::string_view key_in_json) {
  auto const found = impl_->ready.find(key_in_json);
  if (found == impl_->ready.end() || !found->second->is_plain) return {};
  impl_->count_hit(*found->second);
  return found->second->member();
}

value_cache::text_result value_cache::text_of(std::string_view name_space) {
  auto* const one = impl_->find(name_space);
  if (one == nullptr) return {};
  if (!one->text || !is_ready(one->text)) return {.what = status::not_loaded};
  impl_->touch(*one);
  return {.what = status::found, .text = one->text.whole()};
}

std::optional<std::string_view> value_cache::find_in(std::string_view text, key const& which) {
  auto* const one = impl_->find(which.name_space());
  bool const is_loaded =
      one != nullptr && one->text && one->text.is_whole() && one->text->data() == text.data();
  // A text that became whole after it was published is searched as one string: callers hold that,
  // not its pages.
  if (is_loaded && !one->values) one->values.emplace(*one->text);
  return is_loaded ? impl_->find_value(*one, which) : canonical::find(text, which.path());
}

std::vector<std::string> const& value_cache::namespaces() const {
  auto& names = impl_->names;
  if (names.size() == impl_->namespaces.size()) return names;
  names.clear();
  names.reserve(impl_->namespaces.size());
  for (auto const& [name, one] : impl_->namespaces)
    names.push_back(name);
  std::ranges::sort(names);
  return names;
}

std::size_t value_cache::size() const { return impl_->namespaces.size(); }

std::size_t value_cache::invalidate(std::string_view name_space) {
  auto* const one = impl_->find(name_space);
  if (one == nullptr) return 0;
  auto const dropped = one->figures.entries;
  ++one->figures.invalidations;
  impl_->unload(*one);
  return dropped;
}

std::size_t value_cache::warm(std::string_view name_space) {
  auto* const one = impl_->find(name_space);
  if (one == nullptr || !one->text) return 0;
  impl_->touch(*one);
  canonical::for_each_leaf(key({std::string(name_space)}), *one->text,
                           [this, one](key const& which, std::string_view value) {
                             auto const text = which.str();
                             if (impl_->ready.contains(text)) return true;
                             impl_->make_member(text, value);
                             auto const before = one->figures.entries;
                             impl_->keep_member(*one, text);
                             return one->figures.entries != before;
                           });
  return one->figures.entries;
}

canonical::shared_text value_cache::peek(std::string_view name_space) const {
  auto const* const one = impl_->find(name_space);
  return one == nullptr ? canonical::shared_text() : one->text;
}

bool value_cache::probe() {
  // No namespace can be named so, and no caller can ask for it.
  constexpr std::string_view name = "?";
  constexpr std::string_view key = "?.probe";
  auto const before = impl_->bytes;
  publish({.name_space = std::string(name),
           .text = std::make_shared<std::string const>(R"({"probe":1})")});
  impl_->make_member(key, "1");
  auto* const one = impl_->find(name);
  if (one != nullptr) impl_->keep_member(*one, key);
  auto const put = find(key);
  bool const found = put.what == status::found && put.member == R"("?.probe":1)";
  publish({.name_space = std::string(name)});
  return found && impl_->find(name) == nullptr && impl_->bytes <= before;
}

value_cache::figures value_cache::stats() const {
  figures sum{.namespaces = impl_->namespaces.size(),
              .all = {},
              .bytes = impl_->bytes,
              .maximum_bytes = impl_->maximum,
              .evictions = impl_->evictions};
  for (auto const& [name, one] : impl_->namespaces) {
    sum.all.entries += one.figures.entries;
    sum.all.bytes += one.figures.bytes;
    sum.all.hits += one.figures.hits;
    sum.all.misses += one.figures.misses;
    sum.all.invalidations += one.figures.invalidations;
  }
  return sum;
}

std::vector<std::pair<std::string, value_cache::namespace_figures>>
value_cache::stats_by_namespace() const {
  std::vector<std::pair<std::string, namespace_figures>> each;
  each.reserve(impl_->namespaces.size());
  for (auto const& [name, one] : impl_->namespaces)
    each.emplace_back(name, one.figures);
  return each;
}

} // namespace cfgd
