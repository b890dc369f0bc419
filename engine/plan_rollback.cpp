#include "core/json.hpp"
#include "core/text.hpp"
#include "engine/fit_overrides.hpp"
#include "engine/override_edits.hpp"
#include "engine/pending.hpp"
#include "engine/plan.hpp"
#include "engine/unwinding.hpp"

#include <boost/assert.hpp>
#include <boost/range/adaptor/reversed.hpp>

#include <set>
#include <utility>

// Two ways to bring back what was. A rollback knows effective values and makes overrides that give
// them; it is a change like a Set, so it is judged by the schemas and rules of today, can be rolled
// back itself, and files are left alone: where one says what was wanted already, nothing is set. A
// restore knows the override layer itself, from a backup, and puts it in the place of the one that
// is.
//
// Who rolls back for good wants just those values: no change of before may end and alter them.

namespace cfgd::engine {
namespace {

/// What may be in the override layer: as in a Set, but a null hides a member.
result<void> check_overrides(std::string& at, boost::json::object const& from,
                             limits const& bounds) {
  for (auto const& member : from) {
    auto const length = at.size();
    if (!is_clean_text(member.key()))
      return error{.code = errc::bad_value,
                   .message = "the name of a member is no clean UTF-8 text",
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
  return {.code = errc::not_found, .message = "there is no such namespace", .subject = name};
}

override_origin overrides_of(origin const& from, wall_time now) {
  override_origin by{.from = from, .time = now};
  by.from.where = layer::overrides;
  return by;
}

} // namespace

result<std::map<std::string, std::string>> plan::texts_at(revision_number revision,
                                                          std::string const& name_space) const {
  if (revision <= base_.revision || revision > revision_) {
    auto found = history_(revision, name_space);
    if (found) return found;
    auto refused = found.error();
    refused.maximum = revision_;
    return refused;
  }
  // A revision of this very batch.
  std::map<std::string, std::string_view> current;
  auto const states = begin();
  for (auto const& name : names())
    if (auto const& text = states.find(name)->value.text; text) current.emplace(name, *text);
  std::optional<key> prefix;
  if (!name_space.empty()) prefix.emplace(std::vector{name_space});
  unwinding since{key_filter(prefix)};
  for (auto const& one : boost::adaptors::reverse(changes_))
    if (one->revision > revision) since.add(view_of(*one));
  auto undone = since.undo(current, unwinding::secrets::kept);
  std::map<std::string, std::string> texts;
  for (auto const& [name, text] : current)
    if ((name_space.empty() || name == name_space) && !undone.contains(name))
      texts.emplace(name, text);
  for (auto& [name, document] : undone)
    if (!document.empty())
      texts.emplace(name, json::canonical(boost::json::value(std::move(document))));
  return texts;
}

decision plan::apply(rollback_request const& asked) {
  if (auto const fine = check_terms(asked.if_revision, asked.comment, revision_, bounds_); !fine)
    return fine.error();
  if (auto const fine = check_expiry(asked.ends); !fine) return fine.error();
  auto wanted = texts_at(asked.revision, asked.name_space);
  if (!wanted) return wanted.error();

  auto made = begin();
  bool const is_known =
      wanted->contains(asked.name_space) || made.find(asked.name_space) != nullptr;
  if (!asked.name_space.empty() && !is_known) return unknown_namespace(asked.name_space);
  for (auto const& name : names())
    if (asked.name_space.empty() || name == asked.name_space) wanted->try_emplace(name);

  edit_terms const how{.by = overrides_of(asked.from, now_),
                       .comment = asked.comment.empty()
                                      ? "rollback to revision " + std::to_string(asked.revision)
                                      : asked.comment,
                       .dry_run = asked.dry_run,
                       .ends = asked.ends};
  override_edits edits(made);
  for (auto const& [name, text] : *wanted) {
    namespace_state nothing;
    nothing.value.name_space = name;
    auto const* const found = made.find(name);
    auto const& state = found == nullptr ? nothing : *found;
    if (state.value.text ? *state.value.text == text : text.empty()) continue;
    if (reach(edits.of(name), state, text, how.by)) continue;
    BOOST_ASSERT_MSG(false, "overrides can give every value");
    return error{.code = errc::invalid,
                 .message = "no overrides give the values of that revision",
                 .subject = name};
  }
  auto done = finish(made, edits, how);
  bool const stays = done && !asked.dry_run && !asked.ends;
  if (stays) settle(*wanted, *done);
  return done;
}

void plan::settle(std::map<std::string, std::string> const& wanted, committed_change& done) {
  if (pending_.empty()) return;
  auto const before = pending_;
  for (auto const& [name, text] : wanted)
    forget_layers(pending_, name);
  if (pending_ != before) done.pending = pending_list();
}

decision plan::apply(restore_request const& asked) {
  if (auto const fine = check_terms({}, asked.comment, revision_, bounds_); !fine)
    return fine.error();
  for (auto const& [name, document] : asked.overrides) {
    if (!is_namespace_name(name))
      return error{
          .code = errc::bad_key, .message = "it is no name of a namespace", .subject = name};
    std::string at = name;
    if (auto const fine = check_overrides(at, document, bounds_); !fine) return fine.error();
  }

  auto made = begin();
  edit_terms const how{
      .by = overrides_of(asked.from, now_), .comment = asked.comment, .dry_run = asked.dry_run};
  override_edits edits(made);
  for (auto const& name : names())
    if (!asked.overrides.contains(name)) edits.of(name).unset(key({name}));
  for (auto const& [name, document] : asked.overrides) {
    auto const* const state = made.find(name);
    if (state != nullptr && state->overrides && state->overrides->document == document) continue;
    edits.of(name).set(key({name}), boost::json::value(document), how.by);
  }
  return finish(made, edits, how);
}

} // namespace cfgd::engine
