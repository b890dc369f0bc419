#include "store/conclude.hpp"

#include "store/diff.hpp"

#include <iterator>
#include <utility>

// The second half of every request: layers have been edited, now effective values follow. A
// revision is made where a leaf differs, and only there. A namespace that comes or goes as an empty
// object has no leaf: it is published without a revision, for there is no key to tell of.

namespace cfgd::store {
namespace {

/// A namespace whose text is another one now.
struct difference {
  namespace_state* state = nullptr;
  std::string name;
  std::shared_ptr<std::string const> text;
  std::vector<key_change> keys;
};

std::string_view view(std::shared_ptr<std::string const> const& text) {
  return text ? std::string_view(*text) : std::string_view();
}

result<std::vector<difference>> compare(draft& made, limits const& bounds) {
  std::vector<difference> all;
  for (auto& [name, state] : made.edited()) {
    auto const before = view(state.value.text);
    std::shared_ptr<std::string const> text;
    if (state.exists()) text = std::make_shared<std::string const>(merged_text(state));
    if (view(text) == before) continue;
    // What is too large already may shrink.
    if (view(text).size() > bounds.namespace_bytes && view(text).size() > before.size())
      return error{.code = errc::limit,
                   .message = "the namespace '" + name + "' would be too large",
                   .subject = "namespace_bytes",
                   .used = view(text).size(),
                   .maximum = bounds.namespace_bytes};
    std::vector<key_change> keys;
    append_differences(keys, name, before, view(text));
    all.push_back({&state, name, std::move(text), std::move(keys)});
  }
  return all;
}

/// Gives a change its number and its origin.
void add_change(applied& out, conclusion const& by, std::string const& name_space,
                std::vector<key_change>&& keys) {
  if (keys.empty()) return;
  ++out.revision;
  auto record = std::make_shared<change>();
  record->revision = out.revision;
  record->time = by.now;
  record->from = by.origin_of(name_space, keys.front());
  record->from.revision = out.revision;
  record->comment = by.comment;
  record->keys = std::move(keys);
  out.changes.push_back(std::move(record));
}

void take(applied& out, difference& what) {
  what.state->value = {
      .name_space = what.name, .revision = out.revision, .text = std::move(what.text)};
  out.effectives.push_back(what.state->value);
}

} // namespace

result<applied> conclude(draft& made, conclusion const& by) {
  auto differences = compare(made, by.bounds);
  if (!differences) return differences.error();

  applied out{.revision = by.revision};
  if (by.how == grouping::one_change) {
    std::vector<key_change> keys;
    std::string first;
    for (auto& difference : *differences) {
      if (keys.empty()) first = difference.name;
      std::move(difference.keys.begin(), difference.keys.end(), std::back_inserter(keys));
    }
    add_change(out, by, first, std::move(keys));
    for (auto& difference : *differences)
      take(out, difference);
  } else {
    for (auto& difference : *differences) {
      add_change(out, by, difference.name, std::move(difference.keys));
      take(out, difference);
    }
  }
  return out;
}

} // namespace cfgd::store
