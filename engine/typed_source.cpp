#include "engine/typed_source.hpp"

#include "core/json.hpp"
#include "engine/schema/lint.hpp"
#include "engine/stored_text.hpp"

#include <boost/json/array.hpp>
#include <boost/range/adaptor/reversed.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

// Nothing typed is stored: a document is typed whenever layers are merged or explained, so a new
// schema changes what a file means without the file. That costs one walk over such a document, and
// another one where arrays have an "x-key"; other documents are used as they are.

namespace cfgd::engine {
namespace {

namespace bj = boost::json;
using path_view = std::span<std::string const>;

std::string_view describe(bj::value const& what) {
  if (what.is_array()) return "an array";
  if (what.is_string()) return "a string";
  return what.is_bool() ? "a boolean" : "a number";
}

std::string key_text(std::string const& name_space, path_view path) {
  std::vector<std::string> parts{name_space};
  parts.insert(parts.end(), path.begin(), path.end());
  auto text = key(std::move(parts)).str();
  return text.size() > limits::key_bytes ? name_space : text;
}

/// The documents of sources, the lowest layer first.
using layer_list = std::vector<std::shared_ptr<sourced_document const>>;

/// The array or scalar of an answer, which has no members; null: the answer is neither.
bj::value const* find_obstacle(layer_answer const& found) {
  return found.value != nullptr && !found.value->is_object() ? found.value : nullptr;
}

/// The same of the topmost of some layers that says anything.
std::optional<bj::value> find_obstacle(std::vector<source_lookup> const& layers,
                                       bj::object const* defaults, path_view path) {
  for (auto const& one : boost::adaptors::reverse(layers)) {
    auto const found = one.look_up(path);
    if (found.what == layer_answer::kind::nothing) continue;
    return found.is_object ? std::nullopt : one.value_at(path);
  }
  auto const* const found = defaults == nullptr ? nullptr : find_obstacle(look_up(*defaults, path));
  return found == nullptr ? std::nullopt : std::optional(*found);
}

/// The answer of the topmost of some layers that has one.
layer_answer ask(layer_list const& layers, bj::object const* defaults, path_view path) {
  for (auto const& one : boost::adaptors::reverse(layers)) {
    auto const found = look_up(one->root, path);
    if (found.what != layer_answer::kind::nothing) return found;
  }
  return defaults == nullptr ? layer_answer{} : look_up(*defaults, path);
}

error no_members(std::string const& name, bj::value const& there, key const& which) {
  return {.code = errc::bad_key,
          .message = "'" + name + "' is " + std::string(describe(there)) +
                     " and has no members; set '" + name + "' as a whole",
          .subject = which.str()};
}

class fault_finder {
 public:
  explicit fault_finder(namespace_state const& state)
      : state_(state), defaults_(defaults_of(state.schema.get())) {}

  std::vector<issue> find() {
    for (auto const& [id, source] : state_.sources) {
      if (!source->row.is_effective) continue;
      if (has_element_keys(state_.schema.get())) check_elements(*source);
      auto document = typed_document(*source, state_.schema.get());
      if (auto const rules = text_rules_of(id)) {
        source_ = source.get();
        document_ = document.get();
        std::vector<std::string> path;
        walk(document->root, *rules, path);
      }
      below_.push_back(std::move(document));
    }
    if (state_.overrides && has_element_keys(state_.schema.get()))
      for (auto& fault : state_.schema->what->element_faults(state_.overrides->document()))
        add(std::move(fault));
    return std::move(faults_);
  }

 private:
  void check_elements(source_record const& source) {
    auto const document = typed_document(source, state_.schema.get(), array_form::written);
    for (auto& fault : state_.schema->what->element_faults(document->root)) {
      auto& added = add(std::move(fault));
      added.path = source.row.path;
      added.where = find_place(*document, std::string_view(added.pointer));
    }
  }

  issue& add(schema::element_fault&& fault) {
    return faults_.emplace_back(issue{.rule = "x-key",
                                      .key = key_text(state_.value.name_space, fault.path),
                                      .pointer = std::move(fault.pointer),
                                      .message = std::move(fault.message)});
  }

  void walk(bj::object const& from, schema::text_rules const& rules,
            std::vector<std::string>& path) {
    for (auto const& member : from) {
      path.emplace_back(member.key());
      if (auto const* const inner = member.value().if_object()) {
        if (rules.names_fold) check_parent(path);
        walk(*inner, rules, path);
      } else if (member.value().is_array() && rules.repeated_keys_are_arrays) {
        check_repeated(path, member.value().get_array());
      }
      path.pop_back();
    }
  }

  void check_parent(path_view path) {
    auto const* const there = find_obstacle(ask(below_, defaults_, path));
    if (there == nullptr) return;
    add(path_rule, path, pointer_to(path),
        "'" + key_text(state_.value.name_space, path) + "' is " + std::string(describe(*there)) +
            " in a lower layer and has no members; set the whole value");
  }

  void check_repeated(path_view path, bj::array const& values) {
    bool const is_repeated = values.size() > 1;
    if (!is_repeated || (state_.schema && state_.schema->what->asks_for_array(path))) return;
    auto const first = find_place(*document_, std::string_view(pointer_to(path)));
    add("duplicate", path, pointer_to(path) + "/1",
        "duplicate key '" + path.back() + "' (first at line " + std::to_string(first.line) +
            "); no schema asks for an array: remove one of them");
  }

  void add(std::string rule, path_view path, std::string const& place_pointer,
           std::string message) {
    faults_.push_back({.rule = std::move(rule),
                       .key = key_text(state_.value.name_space, path),
                       .pointer = pointer_to(path),
                       .message = std::move(message),
                       .path = source_->row.path,
                       .where = find_place(*document_, std::string_view(place_pointer))});
  }

  namespace_state const& state_;
  bj::object const* defaults_;
  layer_list below_;
  source_record const* source_ = nullptr;
  sourced_document const* document_ = nullptr;
  std::vector<issue> faults_;
};

/// Whether the schema calls the value at `path` secret, which may lead through arrays.
bool is_kept_secret(namespace_schema const* by, path_view path) {
  if (by == nullptr) return false;
  for (std::size_t length = 1; length <= path.size(); ++length)
    if (by->what->is_secret(path.first(length))) return true;
  return false;
}

} // namespace

std::optional<schema::text_rules> text_rules_of(source_id const& id) {
  if (id.what != source_kind::values) return std::nullopt;
  if (id.where == layer::environment) return schema::text_rules{.names_fold = true};
  auto const kind = format_of(id.relative);
  if (kind == format::env) return schema::text_rules{.names_fold = true};
  if (kind == format::ini) return schema::text_rules{.repeated_keys_are_arrays = true};
  return std::nullopt;
}

std::shared_ptr<sourced_document const>
typed_document(source_record const& source, namespace_schema const* by, array_form arrays) {
  auto const rules = by == nullptr ? std::nullopt : text_rules_of(source.row.id);
  bool const is_keyed = arrays == array_form::keyed && has_element_keys(by);
  auto read = source.document.read();
  if (!rules && !is_keyed) return read;
  auto made = std::make_shared<sourced_document>(rules ? by->what->typed(*read, *rules) : *read);
  if (is_keyed) made->root = by->what->keyed(made->root);
  return made;
}

source_lookup::source_lookup(source_record const& source, namespace_schema const* by)
    : content_(&source.document) {
  bool const is_read = by != nullptr && (text_rules_of(source.row.id) || has_element_keys(by));
  if (is_read)
    document_ = typed_document(source, by);
  else
    text_ = source.document.text();
  if (text_) text_.divide();
}

source_lookup::answer source_lookup::look_up(path_view path) const {
  if (document_) {
    auto const found = cfgd::engine::look_up(document_->root, path);
    return {found.what, found.value != nullptr && found.value->is_object()};
  }
  auto const found = text_ ? text_.follow(path, nullptr) : canonical::followed();
  bool const is_object = found.value.starts_with('{');
  bool const is_missing = found.value.empty() || (is_object && found.depth < path.size());
  if (is_missing) return {};
  if (found.depth < path.size() || found.value == "null")
    return {.what = layer_answer::kind::removal};
  return {layer_answer::kind::value, is_object};
}

std::optional<bj::value> source_lookup::value_at(path_view path) const {
  if (look_up(path).what != layer_answer::kind::value) return std::nullopt;
  std::string space;
  return parse_stored_value(follow(path, space).value).value();
}

canonical::followed source_lookup::follow(path_view path, std::string& space) const {
  if (document_) {
    auto const* object = &document_->root;
    bj::value const* value = nullptr;
    std::size_t depth = 0;
    for (; depth < path.size() && object != nullptr; ++depth) {
      if (depth > 0 && object->empty()) break;
      value = object->if_contains(path[depth]);
      if (value == nullptr) return {};
      object = value->if_object();
    }
    space = value == nullptr ? json::canonical(*object) : json::canonical(*value);
    return {.depth = depth, .value = space};
  }
  if (!text_) return {};
  if (path.empty()) return {.depth = 0, .value = *text_};
  return text_.follow(path, &space);
}

place source_lookup::find_place(path_view path) const {
  return document_ ? cfgd::find_place(*document_, path) : content_->find_place(path);
}

override_layer::override_layer(namespace_state const& of)
    : locks_(of.locks.get(), layer::overrides) {
  if (!of.overrides) return;
  written_ = of.overrides.get();
  if (!locks_.empty()) document_ = written_->document();
  if (has_element_keys(of.schema.get())) keyed_ = of.schema->what->keyed(written_->document());
}

override_layer::answer override_layer::ask(std::span<std::string const> path) const {
  if (written_ == nullptr) return {};
  if (document_ && locks_.find_ignoring(*document_, path) != nullptr) return {};
  if (keyed_) {
    auto const found = look_up(*keyed_, path);
    if (found.what == layer_answer::kind::value) return {found.what, json::canonical(*found.value)};
  }
  auto const found = written_->look_up(path);
  return {found.what, written_->text_at(path, found)};
}

std::vector<issue> find_layer_faults(namespace_state const& state) {
  bool const any = has_element_keys(state.schema.get()) ||
                   std::ranges::any_of(state.sources, [](auto const& one) {
                     return text_rules_of(one.first).has_value();
                   });
  return any ? fault_finder(state).find() : std::vector<issue>();
}

path_checker::path_checker(namespace_state const& state)
    : defaults_(defaults_of(state.schema.get())) {
  for (auto const& [id, source] : state.sources)
    if (source->row.is_effective) layers_.emplace_back(*source, state.schema.get());
}

result<void> path_checker::check(override_record const& overrides, key const& which) const {
  auto const path = which.path();
  for (std::size_t length = 1; length < path.size(); ++length) {
    auto const parent = path.first(length);
    auto const above = overrides.look_up(parent);
    bool const is_obstacle = above.what == layer_answer::kind::value && !above.is_object;
    auto const there = is_obstacle ? overrides.value_at(parent)
                       : above.what == layer_answer::kind::nothing
                           ? find_obstacle(layers_, defaults_, parent)
                           : std::nullopt;
    if (there) return no_members(key_text(which.name_space(), parent), *there, which);
  }
  return {};
}

std::vector<issue> notes_on(source_record const& source, namespace_schema const* by) {
  auto const& id = source.row.id;
  auto const name = namespace_of(id);
  bool const is_values = id.what == source_kind::values;
  std::vector<issue> notes;
  for (auto note : source.document.notes) {
    // Found again below: a store keeps all notes of a source together.
    if (id.what == source_kind::schema && note.rule == schema::lint_rule) continue;
    auto const path = split_pointer(note.pointer);
    bool const is_wanted_text = note.rule == "yaml" && is_values && by != nullptr &&
                                !path.empty() && by->what->asks_for_string(path);
    if (is_wanted_text) continue;
    if (is_values && note.rule == "credential" && is_kept_secret(by, path)) continue;
    if (name && is_values) note.key = key_text(std::string(*name), path);
    notes.push_back(std::move(note));
  }
  if (id.what == source_kind::schema) {
    auto const which = name ? schema::unknown_keywords::all : schema::unknown_keywords::misspelt;
    std::ranges::move(schema::lint(*source.document.read(), which), std::back_inserter(notes));
  }
  for (auto& note : notes)
    note.path = source.row.path;
  return notes;
}

} // namespace cfgd::engine
