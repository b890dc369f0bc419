#include "engine/validator.hpp"

#include "core/json.hpp"
#include "engine/stored_text.hpp"
#include "engine/typed_source.hpp"

#include <boost/range/adaptor/reversed.hpp>

#include <algorithm>
#include <optional>
#include <utility>

// Issues are found in merged values and fixed in files. So each is traced from its place in the
// value to the topmost layer that sets something there, and from there to a line.

namespace cfgd::engine {
namespace {

namespace bj = boost::json;

/// The key for a pointer into a value. An array is one value, so the key ends there. A key that is
/// too long for clients is replaced by its namespace.
std::string key_of(std::string const& name_space, std::string_view pointer,
                   bj::value const& value) {
  key found({name_space});
  bj::value const* at = &value;
  for (auto const& token : split_pointer(pointer)) {
    if (at == nullptr || !at->is_object()) break;
    found = found.child(token);
    at = at->get_object().if_contains(token);
  }
  auto text = found.str();
  return text.size() > limits::key_bytes ? name_space : text;
}

/// Whether a layer sets something at the pointer; every layer sets the root.
bool sets(bj::object const& layer, std::string_view pointer) {
  return pointer.empty() || find_pointer(layer, pointer) != nullptr;
}

/// The layer that an issue was located in.
struct location {
  bool is_known = false;
  source_id const* source = nullptr; ///< null: an override, or no layer
};

/// A pointer into the merged value, and the same into layers whose arrays are keyed.
struct pointers {
  std::string_view merged;
  std::string_view keyed;

  pointers parent() const {
    return {merged.substr(0, merged.rfind('/')), keyed.substr(0, keyed.rfind('/'))};
  }
};

/// Fills in the place of a pointer, if a layer sets it.
location place_in_layers(issue& what, namespace_state const& state, bj::object const* overrides,
                         pointers const& which) {
  auto const pointer = which.keyed;
  auto const path = split_pointer(pointer);
  auto const is_locked = [&](layer where, bj::object const& document) {
    return layer_locks(state.locks.get(), where).find_ignoring(document, path) != nullptr;
  };
  if (!pointer.empty() && overrides != nullptr && !is_locked(layer::overrides, *overrides) &&
      (sets(*overrides, which.merged) || sets(*overrides, pointer)))
    return {.is_known = true};
  for (auto const& [id, source] : boost::adaptors::reverse(state.sources)) {
    if (!source->row.is_effective) continue;
    auto const document = typed_document(*source, state.schema.get());
    if (!sets(document->root, pointer) || is_locked(id.where, document->root)) continue;
    what.path = source->row.path;
    what.where = find_place(*document, pointer);
    return {.is_known = true, .source = &id};
  }
  return {.is_known = pointer.empty()};
}

/// The same for the nearest of the pointer and its parents that a layer sets.
location nearest_place(issue& what, namespace_state const& state, pointers at) {
  auto const overrides =
      state.overrides ? std::optional(state.overrides->document()) : std::nullopt;
  auto const* const document = overrides ? &*overrides : nullptr;
  auto found = place_in_layers(what, state, document, at);
  while (!found.is_known) {
    at = at.parent();
    found = place_in_layers(what, state, document, at);
  }
  return found;
}

/// An issue about the type of a text says why it is not a number, where the format has no types.
void explain_text(issue& what, source_id const& from, namespace_state const& state,
                  bj::value const& value) {
  if (what.rule != "type" || !text_rules_of(from)) return;
  auto const* const found = find_pointer(value, what.pointer);
  if (found == nullptr || !found->is_string()) return;
  auto why = state.schema->what->text_fault(split_pointer(what.pointer), found->get_string());
  if (!why.empty()) what.message = std::move(why);
}

} // namespace

void locate(issue& what, namespace_state const& state, bj::value const& value) {
  what.key = key_of(state.value.name_space, what.pointer, value);
  auto const keyed = has_element_keys(state.schema.get())
                         ? state.schema->what->layer_pointer(value, what.pointer)
                         : what.pointer;
  auto const found = nearest_place(what, state, {what.pointer, keyed});
  if (found.source != nullptr && state.schema) explain_text(what, *found.source, state, value);
}

validator::validator(limits const& bounds) : engine_(bounds) {}

schema::verdict validator::validate_schema(namespace_state const& state, bj::value const& value) {
  if (!state.schema) return {};
  auto said = state.schema->what->validate(value, check_);
  for (auto& one : said.issues)
    locate(one, state, value);
  return said;
}

bool validator::still_fits(namespace_state::fit& fits,
                           std::vector<remerged::member> const& changed) {
  return std::ranges::all_of(changed, [&](remerged::member const& one) {
    auto const value =
        one.value.empty() ? std::nullopt : std::optional(parse_stored_value(one.value).value());
    return fits.schema->what->stays_valid({one.which.path(), value ? &*value : nullptr, one.is_new},
                                          fits.steps, check_);
  });
}

/// The effective value of a namespace that a rule reads; null: it has none. Valid until the next
/// call for the same namespace with another text.
bj::value const* validator::parsed(namespace_state const& state) {
  if (!state.value.text) return nullptr;
  auto& kept = parsed_[state.value.name_space];
  if (!(kept.text == state.value.text)) {
    auto read = parse_stored_value(*state.value.text);
    kept.value = read ? std::move(*read) : bj::value();
    kept.text = state.value.text;
  }
  return &kept.value;
}

rules::verdict validator::run(rules::rule const& which, finder const& states,
                              overlay const& newer) {
  if (check_) check_();
  rules::world const world{.value = [&](std::string_view name) -> bj::value const* {
                             if (auto const* const value = newer(name)) return value;
                             auto const* const state = states(name);
                             return state == nullptr ? nullptr : parsed(*state);
                           },
                           .is_secret =
                               [&](std::string_view name, std::span<std::string const> path) {
                                 auto const* const state = states(name);
                                 return state != nullptr && state->schema &&
                                        state->schema->what->is_secret(path);
                               }};
  return engine_.run(which, world);
}

issue validator::issue_of(rules::rule const& which, rules::verdict const& said,
                          finder const& states) const {
  using enum rules::verdict::kind;
  issue found{.how = which.how, .rule = which.name, .key = which.key, .message = which.message};
  if (said.what == unknown) found.how = severity::warning;
  if (said.what != fails) {
    found.message = std::string(unevaluated).append(": ").append(said.message);
    found.path = which.path;
    found.where = which.where;
    return found;
  }
  auto const about = key::parse(which.key);
  if (!about) return found;
  found.pointer = pointer_to(about->path());
  auto const* const state = states(about->name_space());
  if (state == nullptr) return found;
  nearest_place(found, *state, {found.pointer, found.pointer});
  return found;
}

} // namespace cfgd::engine
