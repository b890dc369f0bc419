#include "core/json.hpp"
#include "engine/override_editors.hpp"
#include "engine/plan.hpp"
#include "engine/read_only.hpp"
#include "engine/request_checks.hpp"
#include "engine/typed_source.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <variant>

// A transaction in the override layer. First everything is checked that can be checked without
// applying it. Then unset is applied before hide and set, so "unset a, set a.b" replaces a subtree.
// A request whose result would depend on an order is rejected, because it has none.
//
// Setting the value that is effective already makes an override like any other: it stays when the
// layers below change. It makes no revision, because no reader sees a difference.

namespace cfgd::engine {
namespace {

/// A key and its new value; null: the key is hidden.
struct assignment {
  key const* which = nullptr;
  boost::json::value const* value = nullptr;
  boost::json::value* typed = nullptr; ///< the value, if it is a copy for its schema
};

error key_error(key const& which, std::string message) {
  return {.code = errc::bad_key, .message = std::move(message), .subject = which.str()};
}

/// All assignments in key order. Errors: bad_key (two overlap).
result<std::vector<assignment>> sorted_assignments(set_request const& asked) {
  std::vector<assignment> all;
  all.reserve(asked.values.size() + asked.hide.size());
  for (auto const& [which, value] : asked.values)
    all.push_back({.which = &which, .value = &value});
  for (auto const& which : asked.hide)
    all.push_back({.which = &which});
  std::ranges::sort(all, {}, [](assignment const& one) -> key const& { return *one.which; });

  // In key order the keys below a key follow it directly.
  for (std::size_t at = 1; at < all.size(); ++at)
    if (all[at - 1].which->contains(*all[at].which))
      return key_error(*all[at].which, "the key is set twice, directly and as part of '" +
                                           all[at - 1].which->str() + "'");
  for (auto const& which : asked.unset) {
    auto const behind = std::ranges::upper_bound(
        all, which, {}, [](assignment const& one) -> key const& { return *one.which; });
    if (behind != all.begin() && std::prev(behind)->which->contains(which))
      return key_error(which, "the key is both set and unset");
  }
  return all;
}

/// Checks that clients can request every member of a value. `at` is the key of the value.
result<void> check_keys(std::string& at, boost::json::value const& value) {
  auto const* const object = value.if_object();
  if (object == nullptr) return {};
  for (auto const& member : *object) {
    auto const length = at.size();
    append_key_part(at, member.key());
    if (auto fine = check_key_size(at); !fine) return fine;
    if (auto fine = check_keys(at, member.value()); !fine) return fine;
    at.resize(length);
  }
  return {};
}

result<void> check_value(assignment const& one, limits const& bounds) {
  if (one.which->path().empty() && (one.value == nullptr || !one.value->is_object()))
    return error{.code = errc::bad_value,
                 .message = "the value of a namespace must be an object",
                 .subject = one.which->str()};
  if (one.value == nullptr) return {};
  if (auto const storable = json::check_storable(*one.value); !storable) {
    auto refused = storable.error();
    if (!refused.subject.empty()) refused.message += " (at " + refused.subject + ")";
    refused.subject = one.which->str();
    return refused;
  }
  auto at = one.which->str();
  if (auto fine = check_keys(at, *one.value); !fine) return fine;
  return check_value_size(one.which->str(), json::canonical(*one.value).size(), bounds);
}

/// Errors: read_only.
result<void> check_writable(candidate const& made, set_request const& asked,
                            std::vector<assignment> const& all) {
  for (auto const& which : asked.unset)
    if (auto fine = check_writable(made, which); !fine) return fine;
  for (auto const& one : all)
    if (auto fine = check_writable(made, *one.which); !fine) return fine;
  return {};
}

schema::schema const* schema_of(candidate const& made, key const& which) {
  auto const* const state = made.find(which.name_space());
  return state != nullptr && state->schema ? state->schema->what.get() : nullptr;
}

/// The place in a value that a way through arrays leads to; null: there is none.
boost::json::value* find_inside(boost::json::value& value, value_path const& which) {
  auto* at = &value;
  for (auto const& step : which.inside) {
    auto const* const name = std::get_if<std::string>(&step);
    auto const* const index = std::get_if<std::size_t>(&step);
    if (auto* const members = at->if_object(); members != nullptr && name != nullptr)
      at = members->if_contains(*name);
    else if (auto* const list = at->if_array(); list != nullptr && index != nullptr)
      at = list->if_contains(*index);
    else
      at = nullptr;
    if (at == nullptr) return nullptr;
  }
  return at;
}

/// Replaces the values of a request that were written as text by what the schemas of their keys
/// want. The assignments point into the result. Errors: bad_key.
result<std::vector<boost::json::value>>
type_texts(std::vector<assignment>& all, set_request const& asked, candidate const& made) {
  std::vector<boost::json::value> typed;
  if (!asked.text && asked.text_elements.empty()) return typed;
  typed.reserve(all.size());
  for (auto& one : all) {
    auto const* const by = schema_of(made, *one.which);
    if (by == nullptr || one.value == nullptr) continue;
    one.typed =
        &typed.emplace_back(asked.text ? by->typed(one.which->path(), *one.value) : *one.value);
    one.value = one.typed;
  }
  for (auto const& which : asked.text_elements) {
    auto const set = std::ranges::lower_bound(
        all, which.base, {}, [](assignment const& one) -> key const& { return *one.which; });
    bool const is_set = set != all.end() && *set->which == which.base && set->value != nullptr;
    if (is_set && set->typed == nullptr) continue; // no schema
    auto* const element = is_set ? find_inside(*set->typed, which) : nullptr;
    if (element == nullptr)
      return error{.code = errc::bad_key,
                   .message = "the call sets no such element",
                   .subject = which.str()};
    *element = schema_of(made, which.base)->typed(which, *element);
  }
  return typed;
}

/// Says in the issues about the type of a text why it is not a number.
error explain_texts(error refused, std::vector<assignment> const& all, candidate const& made) {
  for (auto& what : refused.issues) {
    if (what.rule != "type") continue;
    auto const found = std::ranges::find_if(
        all, [&](assignment const& one) { return one.which->str() == what.key; });
    if (found == all.end() || found->value == nullptr || !found->value->is_string()) continue;
    auto const* const by = schema_of(made, *found->which);
    if (by == nullptr) continue;
    auto why = by->text_fault(found->which->path(), found->value->get_string());
    if (why.empty()) continue;
    if (auto const at = refused.message.find(what.message); at != std::string::npos)
      refused.message.replace(at, what.message.size(), why);
    what.message = std::move(why);
  }
  return refused;
}

/// Checks that nothing is set below a value that has no members. Errors: bad_key.
result<void> check_paths(std::vector<assignment> const& all, candidate const& made,
                         override_editors& edits) {
  namespace_state const* last = nullptr; // in key order, those of a namespace follow each other
  std::optional<path_checker> checker;
  for (auto const& one : all) {
    auto const* const state = made.find(one.which->name_space());
    if (one.value == nullptr || state == nullptr || one.which->path().size() < 2) continue;
    if (std::exchange(last, state) != state) checker.emplace(*state);
    auto fine = checker->check(edits.of(one.which->name_space()).layer(), *one.which);
    if (!fine) return fine;
  }
  return {};
}

} // namespace

decision plan::apply(set_request const& asked) {
  if (auto const fine = check_terms(asked.if_revision, asked.comment, revision_, bounds_); !fine)
    return fine.error();
  if (auto const fine = check_expiry(asked.ends); !fine) return fine.error();
  auto assignments = sorted_assignments(asked);
  if (!assignments) return assignments.error();
  for (auto const& one : *assignments)
    if (auto const fine = check_value(one, bounds_); !fine) return fine.error();

  auto made = make_candidate();
  if (auto const fine = check_writable(made, asked, *assignments); !fine) return fine.error();
  auto const typed = type_texts(*assignments, asked, made);
  if (!typed) return typed.error();
  override_editors edits(made);
  edit_terms how{.by = {.from = asked.from, .time = now_},
                 .comment = asked.comment,
                 .dry_run = asked.dry_run,
                 .ends = asked.ends};
  how.by.from.where = layer::overrides;
  for (auto const& which : asked.unset)
    edits.of(which.name_space()).unset(which);
  if (auto const fine = check_paths(*assignments, made, edits); !fine) return fine.error();
  // A permanent Set takes over a key that a pending change has set, even with the same value.
  auto const set_key = [this, &asked](override_editor& edit, key const& which,
                                      boost::json::value const& value, override_origin by) {
    by.from.revision = revision_ + 1; // unless nothing else changes
    auto const* const owner = edit.find_setter(which);
    auto setters = override_editor::setters::stay;
    if (!asked.ends && owner != nullptr && pending_.contains(owner->from.revision)) {
      // Setters are compared with their times: the new one must differ even in the same
      // millisecond.
      by.time = std::max(by.time, owner->time + std::chrono::milliseconds(1));
      setters = override_editor::setters::are_replaced;
    }
    edit.set(which, value, by, setters);
  };
  static boost::json::value const null;
  for (auto const& one : *assignments)
    set_key(edits.of(one.which->name_space()), *one.which, one.value ? *one.value : null, how.by);
  auto done = decide_overrides(made, edits, how);
  if (!done && asked.text) return explain_texts(done.error(), *assignments, made);
  return done;
}

} // namespace cfgd::engine
