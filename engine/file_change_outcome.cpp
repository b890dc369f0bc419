#include "core/json.hpp"
#include "engine/diff.hpp"
#include "engine/file_change_plan.hpp"
#include "engine/hidden.hpp"
#include "engine/merge.hpp"
#include "engine/override_editors.hpp"
#include "engine/typed_source.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

// What the accepted sources of a file change do: where each changed key comes from, which overrides
// give way to them, and what they say without effect.
//
// A source keeps the revision that its content came with. If new content changes no effective
// value, that is the revision of the service at that time.

namespace cfgd::engine {
namespace {

std::vector<std::string> path_of(std::string const& key_text) {
  auto const parts = split_dotted(key_text);
  return parts && parts->size() > 1 ? std::vector(parts->begin() + 1, parts->end())
                                    : std::vector<std::string>();
}

bool has_key(sourced_document const* document, std::vector<std::string> const& path) {
  return document != nullptr && !path.empty() &&
         look_up(document->root, path).what != layer_answer::kind::nothing;
}

/// The note on a file that has become empty; `count` values went with its content.
issue note_on_emptied(source_row const& row, std::size_t count) {
  std::string const what = row.id.what == source_kind::values
                               ? std::to_string(count) + (count == 1 ? " value" : " values")
                               : "its content";
  return {.how = severity::warning,
          .rule = "empty",
          .message = "the file has become empty: " + what + " no longer " +
                     (count == 1 || row.id.what != source_kind::values ? "applies" : "apply"),
          .path = row.path};
}

/// Keeps the notes on an active source where the reason is kept why another one is not active.
/// `state` is that of its namespace; null: there is none.
void take_notes(source_record& of, namespace_state const* state, std::optional<issue> first,
                limits const& bounds) {
  if (of.row.status != source_status::active) return;
  of.row.why.reset();
  auto notes = notes_on(of, state == nullptr ? nullptr : state->schema.get());
  if (first) notes.insert(notes.begin(), *std::move(first));
  if (state != nullptr && of.row.id.what == source_kind::values)
    std::ranges::move(lock_notes(*state, of, bounds.issues), std::back_inserter(notes));
  if (notes.empty()) return;
  error why{.code = errc::invalid,
            .message = notes.front().message,
            .where = notes.front().where,
            .used = notes.size()};
  why.issues = std::move(notes);
  of.row.why = std::move(why);
}

} // namespace

file_change_plan::entry::reading const& file_change_plan::read(entry const& one,
                                                               schema_pointer const& schema) {
  auto const document_of = [&schema](source_record const* of) {
    return of != nullptr && of->row.is_effective ? typed_document(*of, schema.get())
                                                 : std::shared_ptr<sourced_document const>();
  };
  if (!one.read || one.read->by != schema) {
    bool const is_as_read = schema == nullptr && one.parsed && one.now && one.now->row.is_effective;
    auto now = is_as_read ? one.parsed : document_of(one.now.get());
    place_index places(now);
    one.read =
        entry::reading{schema, document_of(one.before.get()), std::move(now), std::move(places)};
  }
  return *one.read;
}

std::span<file_change_plan::entry* const>
file_change_plan::entries_of(std::string_view name_space) const {
  auto const found = by_name_space_.find(name_space);
  if (found == by_name_space_.end()) return {};
  return found->second;
}

file_change_plan::entry const* file_change_plan::first_of_policy() const {
  auto const found = std::ranges::find_if(entries_, [this](entry const& one) {
    ++steps_;
    return one.is_accepted() && one.id.what != source_kind::values;
  });
  return found == entries_.end() ? nullptr : &*found;
}

origin file_change_plan::origin_of(std::string const& name_space, std::string const& key_text,
                                   schema_pointer const& schema) const {
  auto const path = path_of(key_text);
  // A file that sets the key precedes one that did, which precedes files that have nothing to do
  // with it; among equals the higher layer, later name.
  entry const* values_file = nullptr;
  entry const* policy_file = nullptr;
  int best = -1;
  for (auto const* const one : entries_of(name_space)) {
    ++steps_;
    if (!one->is_accepted()) continue;
    if (one->id.what != source_kind::values) {
      policy_file = one;
      continue;
    }
    auto const& documents = read(*one, schema);
    int const fits = has_key(documents.now.get(), path)      ? 2
                     : has_key(documents.before.get(), path) ? 1
                                                             : 0;
    if (fits < best || (fits == best && one->id < values_file->id)) continue;
    values_file = one;
    best = fits;
  }
  if (values_file == nullptr && policy_file == nullptr) policy_file = first_of_policy();
  auto const* const found = values_file != nullptr ? values_file : policy_file;
  if (found == nullptr) return {};
  auto const* const record = found->now ? found->now.get() : found->before.get();
  origin from;
  from.where = found == policy_file ? layer::defaults : found->id.where;
  from.path = record->row.path;
  if (found->now && found == values_file) from.at = read(*found, schema).places.find(path);
  return from;
}

std::vector<key_change> file_change_plan::changed_leaves(entry const& one,
                                                         schema_pointer const& schema) {
  std::vector<key_change> all;
  if (!one.now || one.id.what != source_kind::values) return all;
  auto const& documents = read(one, schema);
  auto const text_of = [](sourced_document const* of) {
    return of == nullptr ? std::string() : json::canonical(of->root);
  };
  append_differences(all, one.name_space, text_of(documents.before.get()),
                     text_of(documents.now.get()));
  return all;
}

namespace {

std::vector<key> soft_overrides(namespace_state const* of) {
  std::vector<key> soft;
  if (of == nullptr || !of->overrides) return soft;
  of->overrides->keys().visit([&soft](override_record::table::entry const& set) {
    if (set.second.by.is_soft) soft.push_back(set.first);
    return true;
  });
  return soft;
}

} // namespace

// Only an edit drops them: content that was rejected before and is accepted now may be older than
// the rollback.
void file_change_plan::drop_soft_overrides(candidate& made) const {
  override_editors edits(made);
  for (auto const& one : entries_) {
    if (!one.is_accepted() || !one.is_new() || one.id.what != source_kind::values) continue;
    auto const* const state = made.find(one.name_space);
    auto const soft = soft_overrides(state);
    if (soft.empty()) continue;
    for (auto const& leaf : changed_leaves(one, state->schema)) {
      auto const which = key::parse(leaf.key);
      if (!which) continue;
      for (auto const& set : soft)
        if (set.contains(*which) || which->contains(set)) edits.of(one.name_space).unset(set);
    }
  }
  edits.put();
}

/// A full disk may have truncated the file.
std::optional<issue> file_change_plan::emptied_note(entry const& one,
                                                    schema_pointer const& schema) {
  bool const is_file = one.id.where != layer::environment && one.before && one.now;
  bool const is_emptied = is_file && one.is_accepted() && one.bytes.empty() &&
                          one.now->document.empty() && one.before->row.is_effective &&
                          !one.before->document.empty();
  if (!is_emptied) return std::nullopt;
  return note_on_emptied(one.now->row, changed_leaves(one, schema).size());
}

// Locks say something about files that did not change.
void file_change_plan::note_locks(committed_change& done, candidate& made) const {
  for (auto& [name, state] : made.edited()) {
    auto const* const was = made.was(name);
    auto const locks_before = was == nullptr ? nullptr : was->locks;
    if (state.locks == locks_before) continue;
    std::ranges::move(lock_notes_on_overrides(state, bounds_.issues),
                      std::back_inserter(done.warnings));
    for (auto& [id, record] : state.sources) {
      if (std::ranges::find(entries_of(name), id, &entry::id) != entries_of(name).end()) continue;
      auto noted = std::make_shared<source_record>(*record);
      take_notes(*noted, &state, std::nullopt, bounds_);
      auto found = find_transition(record.get(), noted.get());
      if (!found) continue;
      done.transitions.push_back(*std::move(found));
      record = std::move(noted);
    }
  }
}

void file_change_plan::finish(committed_change& done, candidate& made) {
  note_locks(done, made);
  std::map<std::string_view, revision_number> changed;
  for (auto const& one : done.effectives)
    changed.emplace(one.name_space, one.revision);
  for (auto& one : entries_) {
    auto const* const state = made.find(one.name_space);
    if (one.now && !one.rejected) {
      auto const schema = state == nullptr ? nullptr : state->schema;
      take_notes(*one.now, state, emptied_note(one, schema), bounds_);
    }
    if (one.now && one.is_accepted()) {
      auto const found = changed.find(one.name_space);
      one.now->row.revision = found == changed.end() ? done.revision : found->second;
    }
    auto const now = one.record();
    if (auto found = find_transition(one.before.get(), now.get())) {
      if (found->gone) found->masked_by = one.masked_by;
      done.transitions.push_back(*std::move(found));
    }
    if (one.is_accepted()) add_without_effect(done.without_effect, one, made);
  }
}

void file_change_plan::add_without_effect(hidden_values& into, entry const& one,
                                          candidate const& made) const {
  auto const* const state = made.find(one.name_space);
  if (state == nullptr) return;
  // At the first start every file is new, and layers over each other are nothing to report.
  bool const is_first_look = asked_.how == grouping::change_per_namespace && !one.before;
  bool const is_topmost =
      !state->overrides && !state->sources.empty() && !(one.id < state->sources.rbegin()->first);
  if (is_first_look || is_topmost) return;
  auto const& schema = state->schema;
  auto const& document = read(one, schema).now;
  if (!document) return;
  auto const changed = changed_leaves(one, schema);
  if (changed.empty()) return;
  hiding_finder const hiding(*state, *one.now);
  for (auto const& leaf : changed) {
    auto const which = key::parse(leaf.key);
    if (!which) continue;
    auto const answer = look_up(document->root, which->path());
    static boost::json::value const nothing;
    auto found = hiding.find(*which, answer.value ? *answer.value : nothing);
    if (!found) continue;
    ++into.count;
    if (into.listed.size() == hidden_values::most_listed) continue;
    found->is_removed = leaf.deleted();
    into.listed.push_back(*std::move(found));
  }
}

} // namespace cfgd::engine
