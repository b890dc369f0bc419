#include "core/json.hpp"
#include "core/text.hpp"
#include "engine/fit_overrides.hpp"
#include "engine/override_editors.hpp"
#include "engine/pending.hpp"
#include "engine/plan.hpp"
#include "engine/read_only.hpp"
#include "engine/request_checks.hpp"
#include "engine/stored_text.hpp"
#include "engine/unwinding.hpp"

#include <boost/assert.hpp>
#include <boost/range/adaptor/reversed.hpp>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

// Two ways to go back. A rollback knows effective values and makes overrides that give them. It is
// a change like a Set: the current policy validates it, and it can be rolled back itself. Files are
// not changed; where a file has the wanted value already, no override is made. A restore has the
// override layer itself, from a backup, and replaces the current one.
//
// A permanent rollback must keep its values: no earlier pending change may be undone in them later.
//
// Both leave keys as they are that the schema of today makes read-only for clients, or that are
// locked, with a warning for each: files decide about them, and one such key must not prevent the
// rest.

namespace cfgd::engine {
namespace {

/// Checks an override layer like the values of a Set, except that nulls are allowed.
result<void> check_overrides(std::string& at, boost::json::object const& from,
                             limits const& bounds) {
  for (auto const& member : from) {
    auto const length = at.size();
    if (!is_clean_text(member.key()))
      return error{.code = errc::bad_value,
                   .message = "the name of a member is not valid UTF-8",
                   .subject = at};
    append_key_part(at, member.key());
    if (auto fine = check_key_size(at); !fine) return fine;
    if (auto const* const below = member.value().if_object(); below != nullptr) {
      if (auto fine = check_overrides(at, *below, bounds); !fine) return fine;
    } else if (!member.value().is_null()) {
      if (auto const fine = json::check_storable(member.value()); !fine) {
        auto refused = fine.error();
        refused.subject = at;
        return refused;
      }
      auto const used = json::canonical(member.value()).size();
      if (auto fine = check_value_size(at, used, bounds); !fine) return fine;
    }
    at.resize(length);
  }
  return {};
}

error unknown_namespace(std::string const& name) {
  return {.code = errc::not_found, .message = "no such namespace", .subject = name};
}

override_origin overrides_of(origin const& from, wall_time now) {
  override_origin by{.from = from, .time = now};
  by.from.where = layer::overrides;
  return by;
}

/// The text of a namespace that a rollback is to give: `wanted` with the read-only keys of today.
std::string text_to_give(candidate const& made, namespace_state const& state,
                         std::string const& wanted, std::vector<issue>& kept) {
  if (!has_read_only(made, state) || !state.value.text) return wanted;
  auto const object_of = [](std::string const& text) {
    return text.empty() ? boost::json::object() : parse_stored_value(text).value().as_object();
  };
  auto given = keep_read_only(made, state, object_of(*state.value.text), object_of(wanted), kept);
  return json::canonical(boost::json::value(std::move(given)));
}

void add_warnings(decision& to, std::vector<issue>&& kept, limits const& bounds) {
  if (!to) return;
  if (kept.size() > bounds.issues) kept.resize(bounds.issues);
  std::ranges::move(kept, std::back_inserter(to->warnings));
}

} // namespace

result<std::map<std::string, std::string>> plan::texts_at(revision_number revision,
                                                          std::string const& name_space) const {
  if (revision <= base_.revision || revision > revision_) {
    auto found = history_(revision, name_space);
    if (found) return found;
    // The history knows the newest durable revision, the caller those of this transaction too.
    auto refused = found.error();
    refused.maximum = revision_;
    return refused;
  }
  // A revision of this transaction: the history does not have it yet.
  std::map<std::string, std::string_view> current;
  auto const states = make_candidate();
  for (auto const& name : names()) {
    bool const is_wanted = name_space.empty() || name == name_space;
    auto const& text = states.find(name)->value.text;
    if (is_wanted && text) current.emplace(name, *text);
  }
  std::optional<key> prefix;
  if (!name_space.empty()) prefix.emplace(std::vector{name_space});
  unwinding since{key_filter(prefix)};
  for (auto const& one : boost::adaptors::reverse(changes_))
    if (one->revision > revision) since.add(view_of(*one));
  return since.texts_before(current);
}

decision plan::apply(rollback_request const& asked) {
  if (auto const fine = check_terms(asked.if_revision, asked.comment, revision_, bounds_); !fine)
    return fine.error();
  if (auto const fine = check_expiry(asked.ends); !fine) return fine.error();
  auto wanted = texts_at(asked.revision, asked.name_space);
  if (!wanted) return wanted.error();

  auto made = make_candidate();
  bool const is_known =
      wanted->contains(asked.name_space) || made.find(asked.name_space) != nullptr;
  if (!asked.name_space.empty() && !is_known) return unknown_namespace(asked.name_space);
  // Namespaces that did not exist at that revision: no leaf is wanted.
  for (auto const& name : names())
    if (asked.name_space.empty() || name == asked.name_space) wanted->try_emplace(name);

  edit_terms how{.by = overrides_of(asked.from, now_),
                 .comment = asked.comment.empty()
                                ? "rollback to revision " + std::to_string(asked.revision)
                                : asked.comment,
                 .dry_run = asked.dry_run,
                 .ends = asked.ends};
  how.by.is_soft = asked.kind == rollback_kind::soft;
  override_editors edits(made);
  std::vector<issue> kept;
  for (auto const& [name, old_text] : *wanted) {
    namespace_state nothing;
    nothing.value.name_space = name;
    auto const* const found = made.find(name);
    auto const& state = found == nullptr ? nothing : *found;
    auto const text = text_to_give(made, state, old_text, kept);
    if (state.value.text ? *state.value.text == text : text.empty()) continue;
    if (fit_overrides(edits.of(name), state, text, how.by)) continue;
    BOOST_ASSERT_MSG(false, "overrides can give every value");
    return error{.code = errc::invalid,
                 .message = "cannot restore the values of this revision with overrides",
                 .subject = name};
  }
  auto done = decide_overrides(made, edits, how);
  bool const permanent = done && !asked.dry_run && !asked.ends;
  if (permanent) keep_pending_edits(*wanted, *done);
  add_warnings(done, std::move(kept), bounds_);
  return done;
}

void plan::keep_pending_edits(std::map<std::string, std::string> const& name_spaces,
                              committed_change& done) {
  if (pending_.empty()) return;
  auto const before = pending_;
  for (auto const& [name, text] : name_spaces)
    forget_layers(pending_, name);
  if (pending_ != before) done.pending = pending_list();
}

decision plan::apply(restore_request const& asked) {
  if (auto const fine = check_terms({}, asked.comment, revision_, bounds_); !fine)
    return fine.error();
  for (auto const& [name, document] : asked.overrides) {
    if (!is_namespace_name(name))
      return error{.code = errc::bad_key, .message = "not a valid namespace name", .subject = name};
    std::string at = name;
    if (auto const fine = check_overrides(at, document, bounds_); !fine) return fine.error();
  }

  auto made = make_candidate();
  edit_terms const how{
      .by = overrides_of(asked.from, now_), .comment = asked.comment, .dry_run = asked.dry_run};
  override_editors edits(made);
  std::vector<issue> kept;
  auto wanted = asked.overrides;
  for (auto const& name : names())
    wanted.try_emplace(name); // without overrides
  for (auto& [name, document] : wanted) {
    auto const* const state = made.find(name);
    bool const has_layer = state != nullptr && state->overrides;
    auto const now = has_layer ? state->overrides->document() : boost::json::object();
    namespace_state nothing;
    nothing.value.name_space = name;
    document =
        keep_read_only(made, state == nullptr ? nothing : *state, now, std::move(document), kept);
    bool const is_left = !asked.overrides.contains(name) && document.empty();
    if (is_left)
      edits.of(name).unset(key({name}));
    else if (!has_layer || now != document) // an equal layer keeps its setters
      edits.of(name).set(key({name}), boost::json::value(document), how.by);
  }
  auto done = decide_overrides(made, edits, how);
  add_warnings(done, std::move(kept), bounds_);
  return done;
}

} // namespace cfgd::engine
