#include "engine/unwinding.hpp"

#include "core/json.hpp"
#include "engine/members.hpp"
#include "engine/stored_text.hpp"

#include <span>

// Only two values of each leaf matter: the one after its newest change and the one before its
// oldest change. So a leaf that changed ten thousand times is restored once, and only the documents
// that were asked for are built.

namespace cfgd::engine {
namespace {

key parse_key(std::string_view text) {
  auto parsed = parse_stored_key(text);
  if (!parsed || parsed->path().empty())
    throw storage_failure("history is damaged: not a key: " + std::string(text));
  return *std::move(parsed);
}

/// Parses a recorded value or document. Nulls and limits were checked when it was accepted.
boost::json::value parse_value(std::string_view text) {
  auto parsed = parse_stored_value(text);
  if (!parsed) throw storage_failure("history is damaged: " + parsed.error().message);
  return *std::move(parsed);
}

bool is_leaf(boost::json::value const& value) {
  return !value.is_object() || value.get_object().empty();
}

/// The value at a path; null: there is none.
boost::json::value const* find_member(boost::json::object const& in,
                                      std::span<std::string const> path) {
  auto const* object = &in;
  boost::json::value const* found = nullptr;
  for (auto const& part : path) {
    found = object == nullptr ? nullptr : object->if_contains(part);
    if (found == nullptr) return nullptr;
    object = found->if_object();
  }
  return found;
}

} // namespace

bool key_filter::operator()(std::string_view key_text) const {
  if (prefix_.empty()) return true;
  // A dot behind the prefix ends its last part: quotes are closed there.
  return key_text.starts_with(prefix_) &&
         (key_text.size() == prefix_.size() || key_text[prefix_.size()] == '.');
}

change_view view_of(change const& one) {
  change_view seen{.revision = one.revision,
                   .time = one.time,
                   .from = one.from,
                   .comment = one.comment,
                   .warnings = one.warnings,
                   .files = one.files};
  seen.keys.reserve(one.keys.size());
  for (auto const& leaf : one.keys)
    seen.keys.push_back({leaf.key, leaf.before, leaf.after, leaf.secret, leaf.file, leaf.at});
  return seen;
}

void unwinding::add(change_view const& older) {
  for (auto const& one : older.keys) {
    if (!which_(one.key)) continue;
    auto const [found, is_new] = leaves_.try_emplace(one.key);
    if (is_new) {
      found->second.after = one.after;
      found->second.newest = older.kept_by;
    }
    found->second.before = one.before;
    found->second.oldest = older.kept_by;
    found->second.secret = found->second.secret || one.secret;
  }
}

unwinding::documents unwinding::undo(std::map<std::string, std::string_view> const& now,
                                     secrets how) const {
  return replace(now, how, &leaf::before);
}

unwinding::documents unwinding::redo(std::map<std::string, std::string_view> const& then) const {
  return replace(then, secrets::kept, &leaf::after);
}

/// Gives the leaves the values of one side of the range.
unwinding::documents unwinding::replace(std::map<std::string, std::string_view> const& texts,
                                        secrets how, std::string_view leaf::*with) const {
  documents all;
  std::vector<std::pair<key, leaf const*>> to_set;
  for (auto const& [text, what] : leaves_) {
    auto which = parse_key(text);
    auto const& name = which.name_space();
    if (!all.contains(name)) {
      auto const found = texts.find(name);
      bool const is_there = found != texts.end() && !found->second.empty();
      all[name] = is_there ? parse_value(found->second).as_object() : boost::json::object();
    }
    auto& document = all.find(name)->second;
    auto const* const there = find_member(document, which.path());
    if (there != nullptr && is_leaf(*there)) erase_member(document, which.path());
    bool const hidden = how == secrets::left_out && what.secret;
    if (!(what.*with).empty() && !hidden) to_set.emplace_back(std::move(which), &what);
  }
  // A leaf that became an object is restored after the leaves below it were removed.
  for (auto const& [which, what] : to_set)
    put_member(all.find(which.name_space())->second, which.path()) = parse_value(what->*with);
  return all;
}

std::map<std::string, std::string>
unwinding::texts_before(std::map<std::string, std::string_view> const& now) const {
  auto undone = undo(now, secrets::kept);
  std::map<std::string, std::string> texts;
  for (auto const& [name, text] : now)
    if (!undone.contains(name)) texts.emplace(name, text);
  for (auto& [name, document] : undone)
    if (!document.empty())
      texts.emplace(name, json::canonical(boost::json::value(std::move(document))));
  return texts;
}

} // namespace cfgd::engine
