#include "store/history.hpp"

#include "core/json.hpp"
#include "core/key.hpp"
#include "engine/stored_key.hpp"
#include "store/layout_keys.hpp"

#include <algorithm>

// No state of the past is kept: it is the present with every change since taken back. A piece of
// history is looked at from its newest change to its oldest. Of each leaf that it touches two
// things count: what the newest of them left, and what the oldest of them found. So a leaf that
// changed ten thousand times is put back once, and no document is built but those that were asked
// for.
//
// The leaves of a document and the document are the same thing, but for a namespace without any:
// whether that was an empty object or was not there cannot be told, and such a one is left out.
//
// What a schema calls a secret, or called so when it changed, is told nobody.

namespace cfgd::store {
namespace {

key parse_key(std::string_view text) {
  auto parsed = engine::parse_stored_key(text);
  if (!parsed || parsed->path().empty())
    throw damaged_record(layout_keys::changes, text, "it names no key");
  return *std::move(parsed);
}

/// A value or a document that history has. Nulls and limits were seen to when it was let in.
boost::json::value parse_value(std::string_view text) {
  json::read_limits const bounds{.depth = 1024,
                                 .elements = std::numeric_limits<std::size_t>::max()};
  auto parsed = json::parse(text, json::dialect::strict, bounds);
  if (!parsed) throw damaged_record(layout_keys::changes, "", parsed.error().message);
  return *std::move(parsed);
}

error no_such_revision(revision_number asked, revision_number oldest, revision_number newest) {
  return {.code = errc::not_found,
          .message = "revision " + std::to_string(asked) + " is not known; there are " +
                     std::to_string(oldest) + " to " + std::to_string(newest),
          .subject = std::to_string(asked),
          .used = oldest,
          .maximum = newest};
}

/// Whether the state at a revision can be told.
result<void> check_known(layout const& records, lmdb::transaction& in, revision_number asked) {
  auto const oldest = records.oldest(in) - 1;
  auto const newest = records.revision(in);
  if (asked < oldest || asked > newest) return no_such_revision(asked, oldest, newest);
  return {};
}

/// The history behind `after` up to `last`.
unwinding unwind(layout const& records, lmdb::transaction& in, revision_number after,
                 revision_number last, unwinding::filter which) {
  unwinding taken(std::move(which));
  if (after == last) return taken;
  records.walk_back(in, last, [&](change_view const& one) {
    if (one.revision <= after) return false;
    taken.add(one);
    return true;
  });
  return taken;
}

namespace_state const* find_state(model const& all, std::string_view name) {
  auto const found = all.namespaces.find(name);
  return found == all.namespaces.end() ? nullptr : &found->second;
}

bool has_secrets(namespace_state const& state) {
  return state.schema && state.schema->what->has_secrets();
}

/// Whether the schema of today calls it a secret.
bool is_secret(model const& now, std::string_view key_text) {
  auto const* const state = find_state(now, namespace_of(key_text));
  return state != nullptr && has_secrets(*state) &&
         state->schema->what->is_secret(parse_key(key_text).path());
}

/// A copy of a change with the keys that are asked for, and how large it is; null: it has none.
class copier {
 public:
  copier(key_filter which, model const& now) : which_(std::move(which)), now_(now) {}

  bool takes(change_view const& one) const {
    return which_.takes_all() ||
           std::ranges::any_of(one.keys, [this](auto const& leaf) { return which_(leaf.key); });
  }

  std::size_t size(change_view const& one) const {
    if (which_.takes_all()) return one.bytes;
    std::size_t bytes = one.comment.size();
    for (auto const& leaf : one.keys)
      if (which_(leaf.key)) bytes += leaf.key.size() + leaf.before.size() + leaf.after.size();
    return bytes;
  }

  std::shared_ptr<change const> copy(change_view const& one) const {
    auto made = std::make_shared<change>();
    made->revision = one.revision;
    made->time = one.time;
    made->from = one.from;
    made->comment = one.comment;
    made->warnings = one.warnings;
    for (auto const& leaf : one.keys)
      if (which_(leaf.key))
        made->keys.push_back({.key = std::string(leaf.key),
                              .before = std::string(leaf.before),
                              .after = std::string(leaf.after),
                              .secret = leaf.secret || is_secret(now_, leaf.key)});
    return made;
  }

 private:
  key_filter which_;
  model const& now_;
};

/// What stands for the past of some namespaces.
struct past_texts {
  std::map<std::string, std::string_view> current; ///< of those that have a text
  unwinding::documents undone;                     ///< of those that changed since
};

past_texts look_back(layout const& records, lmdb::transaction& in, model const& now,
                     revision_number at, unwinding::secrets how,
                     std::function<bool(std::string_view)> const& wanted) {
  past_texts found;
  for (auto const& [name, state] : now.namespaces)
    if (state.value.text && wanted(name)) found.current.emplace(name, *state.value.text);
  auto const since = unwind(records, in, at, records.revision(in), [&](std::string_view key_text) {
    return wanted(namespace_of(key_text));
  });
  try {
    found.undone = since.undo(found.current, how);
  } catch (lmdb_error const&) {
    throw;
  } catch (storage_failure const& damage) {
    throw damaged_record(layout_keys::changes, "", damage.what());
  }
  return found;
}

std::string shown(namespace_state const* state, boost::json::object&& document) {
  boost::json::value const whole(std::move(document));
  if (state == nullptr || !has_secrets(*state)) return json::canonical(whole);
  return json::canonical(engine::without_secrets(whole, *state->schema->what));
}

} // namespace

history_page read_log(layout const& records, lmdb::transaction& in, model const& now,
                      history_query const& asked, std::size_t maximum_bytes) {
  history_page page{.changes = {}, .oldest = records.oldest(in), .newest = records.revision(in)};
  if (asked.before == 0) return page;
  copier const copies(key_filter(asked.prefix), now);
  std::size_t bytes = 0;
  records.walk_back(in, asked.before - 1, [&](change_view const& one) {
    if (one.revision <= asked.after) return false;
    // Clocks may have gone back: an older change may have a later time.
    if ((asked.since && one.time < *asked.since) || !copies.takes(one)) return true;
    bytes += copies.size(one);
    page.more =
        page.changes.size() >= asked.limit || (bytes > maximum_bytes && !page.changes.empty());
    if (!page.more) page.changes.push_back(copies.copy(one));
    return !page.more;
  });
  return page;
}

result<std::map<std::string, std::string>> texts_at(layout const& records, lmdb::transaction& in,
                                                    model const& now, revision_number at,
                                                    std::string const& name_space) {
  if (auto const known = check_known(records, in, at); !known) return known.error();
  auto past = look_back(
      records, in, now, at, unwinding::secrets::kept,
      [&name_space](std::string_view name) { return name_space.empty() || name == name_space; });
  std::map<std::string, std::string> texts;
  for (auto const& [name, text] : past.current)
    if (!past.undone.contains(name)) texts.emplace(name, text);
  for (auto& [name, document] : past.undone)
    if (!document.empty())
      texts.emplace(name, json::canonical(boost::json::value(std::move(document))));
  return texts;
}

result<std::map<std::string, std::string>>
shown_texts_at(layout const& records, lmdb::transaction& in, model const& now, revision_number at,
               std::span<std::string const> name_spaces) {
  if (auto const known = check_known(records, in, at); !known) return known.error();
  auto past = look_back(
      records, in, now, at, unwinding::secrets::left_out, [name_spaces](std::string_view name) {
        return name_spaces.empty() || std::ranges::find(name_spaces, name) != name_spaces.end();
      });
  std::map<std::string, std::string> texts;
  for (auto const& [name, text] : past.current) {
    if (past.undone.contains(name)) continue;
    auto const* const state = find_state(now, name);
    texts.emplace(name, has_secrets(*state) ? shown(state, parse_value(text).as_object())
                                            : std::string(text));
  }
  for (auto& [name, document] : past.undone)
    if (!document.empty()) texts.emplace(name, shown(find_state(now, name), std::move(document)));
  return texts;
}

result<std::vector<key_change>>
differences_between(layout const& records, lmdb::transaction& in, model const& now,
                    std::pair<revision_number, revision_number> from_to,
                    std::optional<key> const& prefix) {
  auto const [from, to] = from_to;
  for (auto const asked : {from, to})
    if (auto const known = check_known(records, in, asked); !known) return known.error();
  auto const between =
      unwind(records, in, std::min(from, to), std::max(from, to), key_filter(prefix));
  std::vector<std::pair<key, unwinding::leaf const*>> sorted;
  for (auto const& [text, leaf] : between.leaves())
    if (leaf.before != leaf.after && !leaf.secret && !is_secret(now, text))
      sorted.emplace_back(parse_key(text), &leaf);
  std::ranges::sort(sorted, {}, [](auto const& one) -> key const& { return one.first; });
  std::vector<key_change> all;
  all.reserve(sorted.size());
  for (auto const& [which, leaf] : sorted) {
    auto const [before, after] =
        from <= to ? std::pair(leaf->before, leaf->after) : std::pair(leaf->after, leaf->before);
    all.push_back({.key = which.str(), .before = std::string(before), .after = std::string(after)});
  }
  return all;
}

} // namespace cfgd::store
