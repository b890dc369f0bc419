#include "store/conclude.hpp"

#include "store/diff.hpp"

#include <iterator>
#include <optional>
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

std::shared_ptr<std::string const> new_text(namespace_state const& state) {
  return state.exists() ? std::make_shared<std::string const>(merged_text(state)) : nullptr;
}

/// What is too large already may shrink.
std::optional<error> check_size(std::string const& name, std::string_view before,
                                std::string_view text, limits const& bounds) {
  if (text.size() <= bounds.namespace_bytes || text.size() <= before.size()) return std::nullopt;
  return error{.code = errc::limit,
               .message = "the namespace '" + name + "' would be too large",
               .subject = "namespace_bytes",
               .used = text.size(),
               .maximum = bounds.namespace_bytes};
}

result<std::vector<difference>> compare(draft& made, limits const& bounds) {
  std::vector<difference> all;
  for (auto& [name, state] : made.edited()) {
    auto const before = view(state.value.text);
    auto text = new_text(state);
    if (view(text) == before) continue;
    if (auto refused = check_size(name, before, view(text), bounds)) return *std::move(refused);
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

std::map<std::string, error> too_large(draft& made, limits const& bounds) {
  std::map<std::string, error> found;
  for (auto const& [name, state] : made.edited())
    if (auto refused = check_size(name, view(state.value.text), view(new_text(state)), bounds))
      found.emplace(name, *std::move(refused));
  return found;
}

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
