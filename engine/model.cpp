#include "engine/model.hpp"

#include "core/document.hpp"
#include "core/json.hpp"
#include "engine/merge.hpp"
#include "engine/overrides.hpp"
#include "engine/stored_text.hpp"
#include "engine/typed_source.hpp"

#include <boost/assert.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/range/adaptor/reversed.hpp>

#include <utility>

// Merging and explaining read the same layers in opposite directions: from the bottom to build the
// value, from the top to find where it came from. The merged document lives only until it is
// written as text, so callers build it in a buffer that is released as a whole.

namespace cfgd::engine {
namespace {

std::optional<layer_value> ask(boost::json::object const& layer, key const& which) {
  if (which.path().empty()) return layer_value{.value = json::canonical(layer)};
  auto const answer = look_up(layer, which.path());
  if (answer.what == layer_answer::kind::nothing) return std::nullopt;
  layer_value found;
  if (answer.value != nullptr) found.value = json::canonical(*answer.value);
  return found;
}

/// The answer of a layer with keyed arrays, with its value as it is written, where it is.
std::optional<layer_value> ask(boost::json::object const& written, boost::json::object const& keyed,
                               key const& which) {
  auto found = ask(written, which);
  return found && found->value ? found : ask(keyed, which);
}

/// An array that an override sets removes the elements that it does not have.
std::optional<layer_value> ask_overrides(override_record const& overrides,
                                         namespace_schema const* schema, key const& which) {
  if (which.path().empty()) return layer_value{.value = json::canonical(overrides.document())};
  if (auto const value = overrides.value_at(which.path()))
    return layer_value{.value = json::canonical(*value)};
  if (overrides.look_up(which.path()).what == layer_answer::kind::nothing) return std::nullopt;
  auto element = has_element_keys(schema) ? ask(schema->what->keyed(overrides.document()), which)
                                          : std::nullopt;
  return element ? element : layer_value();
}

std::optional<layer_value> ask(override_record const& overrides, namespace_schema const* schema,
                               key const& which) {
  auto found = ask_overrides(overrides, schema, which);
  if (!found) return found;
  if (auto const* const by = find_origin(overrides, which); by != nullptr) {
    found->from = by->from;
    found->time = by->time;
  }
  found->from.where = layer::overrides;
  return found;
}

std::optional<layer_value> ask(source_record const& source, namespace_schema const* schema,
                               key const& which) {
  if (!source.row.is_effective) return std::nullopt;
  auto const document = typed_document(source, schema);
  auto found =
      has_element_keys(schema)
          ? ask(typed_document(source, schema, array_form::written)->root, document->root, which)
          : ask(document->root, which);
  if (!found) return found;
  found->from.where = source.row.id.where;
  found->from.path = source.row.path;
  found->from.at = find_place(*document, which.path());
  found->from.revision = source.row.revision;
  return found;
}

/// The place of the subschema of a member, if only `properties` lead to it; else the nearest place.
place place_in_schema(sourced_document const& schema, std::span<std::string const> path) {
  std::string pointer;
  for (auto const& part : path) {
    append_pointer(pointer, "properties");
    append_pointer(pointer, part);
  }
  return find_place(schema, std::string_view(pointer));
}

std::optional<layer_value> ask(namespace_schema const& schema, key const& which) {
  if (which.path().empty() && schema.what->defaults().empty()) return std::nullopt;
  auto found = ask(schema.what->defaults(), schema.what->keyed_defaults(), which);
  if (!found) return found;
  auto const& source = *schema.source;
  found->from.where = layer::defaults;
  found->from.path = source.row.path;
  found->from.at = place_in_schema(*source.document.read(), which.path());
  found->from.revision = source.row.revision;
  return found;
}

/// The effective value of a key as canonical text; absent: there is none.
std::optional<std::string> effective_text(namespace_state const& state, key const& which) {
  if (!state.value.text) return std::nullopt;
  std::string space;
  if (auto const text = state.value.text.find(which.path(), space)) return std::string(*text);
  if (!has_element_keys(state.schema.get())) return std::nullopt;
  auto const whole = parse_stored_value(*state.value.text);
  if (!whole || !whole->is_object()) return std::nullopt;
  auto const found = ask(state.schema->what->keyed(whole->get_object()), which);
  return found ? found->value : std::nullopt;
}

/// The key of a value in an array with an "x-key": that of its element's name; absent: there is no
/// such array, or no such value.
std::optional<key> named_key(namespace_state const& state, value_path const& which) {
  if (!has_element_keys(state.schema.get())) return std::nullopt;
  auto const whole = parse_stored_value(*state.value.text);
  if (!whole) return std::nullopt;
  auto pointer = pointer_to(which.base.path());
  for (auto const& one : which.inside) {
    auto const* const index = std::get_if<std::size_t>(&one);
    append_pointer(pointer, index != nullptr ? std::to_string(*index) : std::get<std::string>(one));
  }
  std::vector<std::string> parts{which.base.name_space()};
  for (auto& token : split_pointer(state.schema->what->layer_pointer(*whole, pointer)))
    parts.push_back(std::move(token));
  key named(std::move(parts));
  return effective_text(state, named) ? std::optional(std::move(named)) : std::nullopt;
}

/// Whether locks take from a layer what it says about a key.
bool is_locked(namespace_state const& state, layer where, boost::json::object const& document,
               key const& which) {
  layer_locks const locks(state.locks.get(), where);
  return !which.path().empty() && locks.find_ignoring(document, which.path()) != nullptr;
}

/// Replaces the text of an array by that of a value inside of it.
void narrow(std::optional<std::string>& text, value_path const& which) {
  if (!text) return;
  auto const found = canonical::find_inside(*text, which);
  text = found && *found ? std::optional(std::string(**found)) : std::nullopt;
}

} // namespace

canonical::shared_text sole_text(namespace_state const& state) {
  if (state.schema || state.overrides || state.locks) return {};
  source_record const* sole = nullptr;
  for (auto const& [id, source] : state.sources) {
    if (!source->row.is_effective) continue;
    if (sole != nullptr) return {};
    sole = source.get();
  }
  // A null removes its member, and "null" may also be in a text, where it does no harm here.
  auto const text = sole == nullptr ? canonical::shared_text() : sole->document.text();
  return text && text->find("null") == std::string::npos ? text : canonical::shared_text();
}

boost::json::value merge_layers(namespace_state const& state, boost::json::storage_ptr storage) {
  boost::json::value merged(boost::json::object_kind, std::move(storage));
  auto const* const schema = state.schema.get();
  auto const how = has_element_keys(schema) ? removal::stable : removal::quick;
  // The lowest layer first. Sources are ordered by layer, so the map has the merge order.
  if (auto const* const defaults = defaults_of(schema))
    merge_patch(merged.get_object(), *defaults, how);
  auto const merge = [&](layer where, boost::json::object const& document) {
    layer_locks const locks(state.locks.get(), where);
    if (locks.empty()) return merge_patch(merged.get_object(), document, how);
    auto allowed = document;
    locks.apply(allowed);
    merge_patch(merged.get_object(), allowed, how);
  };
  for (auto const& [id, source] : state.sources)
    if (source->row.is_effective) merge(id.where, typed_document(*source, schema)->root);
  // Arrays of the override layer are not keyed: whoever sets an array sets all of it, and a
  // rollback can restore every value.
  if (state.overrides) merge(layer::overrides, state.overrides->document());
  if (has_element_keys(schema)) schema->what->to_arrays(merged);
  return merged;
}

void note_retryable(model& all, source_records const& before, source_records const& now) {
  for (auto const& [id, record] : before)
    if (record->retryable()) all.retryable.erase(id);
  for (auto const& [id, record] : now)
    if (record->retryable()) all.retryable.insert(id);
}

namespace_state const* find_namespace(model const& in, std::string_view name) {
  auto const found = in.namespaces.find(name);
  return found == in.namespaces.end() ? nullptr : &found->second;
}

std::shared_ptr<source_record const> find_source(model const& in, source_id const& id) {
  auto const* records = &in.active_policy->sources;
  if (id.what == source_kind::values) {
    auto const name = namespace_of(id);
    auto const* const state = name ? find_namespace(in, *name) : nullptr;
    if (state == nullptr) return nullptr;
    records = &state->sources;
  }
  auto const found = records->find(id);
  return found == records->end() ? nullptr : found->second;
}

std::optional<source_transition> find_transition(source_record const* before,
                                                 source_record const* now) {
  BOOST_ASSERT(before != nullptr || now != nullptr);
  auto const was = before != nullptr ? before->row.status : source_status::active;
  auto const why = before != nullptr ? before->row.why : std::nullopt;
  if (now != nullptr && now->row.status == was && now->row.why == why) return std::nullopt;
  return source_transition{.now = now != nullptr ? now->row : before->row,
                           .before = was,
                           .was_known = before != nullptr,
                           .gone = now == nullptr};
}

explanation explain(namespace_state const& state, key const& which) {
  explanation all;
  all.value = effective_text(state, which);
  if (state.locks)
    if (auto const* const by = find_lock(*state.locks, which)) all.lock = *by;
  auto const add = [&all](std::optional<layer_value>&& found) {
    if (found) all.layer_values.push_back(std::move(*found));
  };
  if (state.overrides) {
    auto found = ask(*state.overrides, state.schema.get(), which);
    if (found && state.locks)
      found->is_locked = is_locked(state, layer::overrides, state.overrides->document(), which);
    add(std::move(found));
  }
  for (auto const& [id, source] : boost::adaptors::reverse(state.sources)) {
    auto found = ask(*source, state.schema.get(), which);
    if (found && state.locks)
      found->is_locked =
          is_locked(state, id.where, typed_document(*source, state.schema.get())->root, which);
    add(std::move(found));
  }
  if (!state.schema) return all;
  add(ask(*state.schema, which));
  if (auto const* const governs = state.schema->what->governs(which.path()))
    all.schema = json::canonical(*governs);
  all.read_only = !state.schema->what->read_only_by(which.path()).empty();
  all.secret = !which.path().empty() && state.schema->what->is_secret(which.path());
  return all;
}

result<explanation> explain(namespace_state const& state, value_path const& which) {
  auto all = explain(state, which.base);
  if (which.inside.empty()) return all;
  if (all.value) {
    auto const found = canonical::find_inside(*all.value, which);
    if (!found) return found.error();
    if (auto const named = *found ? named_key(state, which) : std::nullopt)
      return explain(state, *named);
  }
  narrow(all.value, which);
  for (auto& one : all.layer_values)
    narrow(one.value, which);
  return all;
}

} // namespace cfgd::engine
