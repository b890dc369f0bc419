#include "engine/read_only.hpp"

#include "core/document.hpp"
#include "core/json.hpp"
#include "engine/diff.hpp"
#include "engine/members.hpp"
#include "engine/merge.hpp"
#include "engine/stored_text.hpp"
#include "engine/typed_source.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// Files decide about a read-only key, so no client may make, change or remove an override of it. A
// request that names such a key is rejected at once. A request for a key above is rejected only if
// it would change what lies below: in the override layer, where a value equal to that of a file
// would hide the next edit of the file, or in the effective values, where another type of a parent
// removes the key.
//
// The elements of an array with an "x-key" have names, so members of theirs can be read-only. A
// client sets such an array as a whole, and has to repeat those members: a request is rejected only
// if it changes their effective values, and not if it uncovers what the files say.
//
// A locked key is one that access files leave to some layers of files. Overrides of it, of keys
// below it, and of keys above it that are no objects do not count, and no client may change them.
//
// Rollbacks and restores are about whole namespaces. They leave read-only keys as they are, because
// one such key must not make them impossible.

namespace cfgd::engine {
namespace {

namespace bj = boost::json;

/// Null: the schema of the namespace makes nothing read-only.
schema::schema const* find_schema(namespace_state const* state) {
  bool const has_any = state != nullptr && state->schema && state->schema->what->has_read_only();
  return has_any ? state->schema->what.get() : nullptr;
}

/// The lock that forbids to change a leaf of overrides or effective values; null: none does.
lock const* lock_of(candidate const& made, key const& which, key_change const& leaf) {
  auto const& locks = made.active_policy->access->locks;
  if (auto const* const by = find_lock(locks, which)) return by;
  auto const removes = [](std::string const& value) { return !value.empty() && value != "{}"; };
  bool const is_no_object = removes(leaf.before) || removes(leaf.after);
  return is_no_object ? find_lock_below(locks, which) : nullptr;
}

issue describe(key const& which, lock const& by) {
  return {.how = severity::warning,
          .rule = lock_rule,
          .key = which.str(),
          .pointer = pointer_to(which.path()),
          .message = "was left as it is: " + describe(by),
          .path = by.path,
          .where = {.line = static_cast<std::uint32_t>(by.line)}};
}

error refusal(key const& which, lock const& by) {
  auto said = describe(which, by);
  said.how = severity::error;
  said.message = by.reason;
  return {.code = errc::read_only,
          .message = "the key " + describe(by),
          .subject = which.str(),
          .used = 1,
          .issues = {std::move(said)}};
}

/// Says where the schema makes a key read-only. `by` is an answer of schema::read_only_by().
issue describe(candidate const& made, key const& which, std::string_view by) {
  issue out{.how = severity::warning,
            .rule = "readOnly",
            .key = which.str(),
            .pointer = pointer_to(which.path()),
            .message = "is read-only and was left as it is"};
  auto const hash = by.find('#');
  auto const& documents = made.active_policy->documents;
  auto const found = documents.find(by.substr(0, hash));
  if (found == documents.end()) return out;
  auto const& source = *found->second.source;
  out.path = source.row.path;
  out.where = find_place(*source.document.read(), by.substr(hash + 1));
  return out;
}

error refusal(candidate const& made, key const& which, std::string_view by) {
  auto said = describe(made, which, by);
  said.how = severity::error;
  said.message = "the key is read-only";
  if (!said.path.empty()) said.message += ": the schema '" + said.path + "' says so";
  return {.code = errc::read_only,
          .message = said.message,
          .subject = which.str(),
          .used = 1,
          .issues = {std::move(said)}};
}

/// A read-only member of an element, and an answer of schema::read_only_by() about it.
using read_only_member = std::pair<key, std::string>;

/// The read-only members of elements in which two values of an array with an "x-key" differ.
std::vector<read_only_member> read_only_members(schema::schema const& by, key const& which,
                                                key_change const& array) {
  std::vector<read_only_member> found;
  bool const is_array = array.before.starts_with('[') || array.after.starts_with('[');
  if (!is_array || which.path().empty() || !by.has_element_keys()) return found;
  auto const keyed_text = [&](std::string const& value) {
    bj::object whole;
    if (!value.empty()) put_member(whole, which.path()) = parse_stored_value(value).value();
    return json::canonical(by.keyed(whole));
  };
  std::vector<key_change> leaves;
  append_differences(leaves, which.name_space(), keyed_text(array.before), keyed_text(array.after));
  for (auto const& leaf : leaves) {
    auto member = parse_stored_key(leaf.key).value();
    auto said_by = by.read_only_by(member.path());
    if (!said_by.empty()) found.emplace_back(std::move(member), std::move(said_by));
  }
  return found;
}

result<void> check_leaf(candidate const& made, schema::schema const& by, key_change const& leaf) {
  auto const which = parse_stored_key(leaf.key).value();
  auto const said_by = by.read_only_by(which.path());
  if (!said_by.empty()) return refusal(made, which, said_by);
  return {};
}

/// Checks an array whose effective value changes.
result<void> check_members(candidate const& made, namespace_state const& state,
                           key_change const& leaf) {
  auto const which = parse_stored_key(leaf.key).value();
  auto const members = read_only_members(*state.schema->what, which, leaf);
  if (members.empty()) return {};
  override_layer const overrides(state);
  for (auto const& [member, said_by] : members)
    if (overrides.ask(member.path()).what != layer_answer::kind::nothing)
      return refusal(made, member, said_by);
  return {};
}

/// Checks the changed leaves of an override layer. Errors: read_only.
result<void> check_locks(candidate const& made, std::vector<key_change> const& leaves) {
  if (made.active_policy->access->locks.empty()) return {};
  for (auto const& leaf : leaves) {
    auto const which = parse_stored_key(leaf.key).value();
    if (auto const* const by = lock_of(made, which, leaf)) return refusal(which, *by);
  }
  return {};
}

/// Why a rollback or a restore must leave a leaf as it is; absent: it need not.
std::optional<issue> reason_to_keep(candidate const& made, schema::schema const* schema,
                                    key const& which, key_change const& leaf) {
  if (auto const* const by = lock_of(made, which, leaf)) return describe(which, *by);
  if (schema == nullptr) return std::nullopt;
  auto by = schema->read_only_by(which.path());
  if (auto members = read_only_members(*schema, which, leaf); by.empty() && !members.empty())
    by = std::move(members.front().second); // the array stays as a whole
  if (by.empty()) return std::nullopt;
  return describe(made, which, by);
}

} // namespace

bool has_read_only(candidate const& made, namespace_state const& state) {
  return find_schema(&state) != nullptr ||
         made.active_policy->locks.contains(state.value.name_space);
}

result<void> check_writable(candidate const& made, key const& which) {
  if (auto const* const by = find_lock(*made.active_policy->access, which))
    return refusal(which, *by);
  auto const* const schema = find_schema(made.find(which.name_space()));
  if (schema == nullptr) return {};
  auto const by = schema->read_only_by(which.path());
  if (by.empty()) return {};
  return refusal(made, which, by);
}

result<void> check_read_only(candidate const& made, evaluation const& found) {
  for (auto const& [name, state] : made.edited()) {
    if (!has_read_only(made, state)) continue;
    auto const* const was = made.was(name);
    std::vector<key_change> leaves;
    append_differences(leaves, name, was == nullptr ? nullptr : was->overrides.get(),
                       state.overrides.get());
    if (auto fine = check_locks(made, leaves); !fine) return fine;
    auto const* const schema = find_schema(&state);
    if (schema == nullptr) continue;
    for (auto const& leaf : leaves)
      if (auto fine = check_leaf(made, *schema, leaf); !fine) return fine;
    auto const own = std::ranges::find(found.differences, name, &evaluation::difference::name);
    if (own == found.differences.end()) continue;
    for (auto const& leaf : own->keys) {
      if (auto fine = check_leaf(made, *schema, leaf); !fine) return fine;
      if (auto fine = check_members(made, state, leaf); !fine) return fine;
    }
  }
  return {};
}

bj::object keep_read_only(candidate const& made, namespace_state const& state,
                          bj::object const& now, bj::object wanted, std::vector<issue>& kept) {
  if (!has_read_only(made, state)) return wanted;
  auto const* const schema = find_schema(&state);
  std::vector<key_change> leaves;
  append_differences(leaves, state.value.name_space, json::canonical(now), json::canonical(wanted));
  std::vector<key> to_put;
  for (auto const& leaf : leaves) {
    auto which = parse_stored_key(leaf.key).value();
    auto reason = reason_to_keep(made, schema, which, leaf);
    if (!reason) continue;
    kept.push_back(std::move(*reason));
    if (!leaf.after.empty()) erase_member(wanted, which.path());
    if (!leaf.before.empty()) to_put.push_back(std::move(which));
  }
  // A leaf that became an object is put back after the leaves below it were removed.
  for (auto const& which : to_put)
    put_member(wanted, which.path()) = *find_pointer(now, pointer_to(which.path()));
  return wanted;
}

} // namespace cfgd::engine
