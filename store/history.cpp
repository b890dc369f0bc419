#include "store/history.hpp"

#include "core/json.hpp"
#include "core/key.hpp"
#include "engine/stored_text.hpp"
#include "store/layout_keys.hpp"

#include <algorithm>

// The state that the present is derived from is that of the model: newer changes in the store are
// left out. Questions about a key read the changes alone that touch it.
//
// Past states are not stored. A past state is the current one with all later changes undone, newest
// first; engine/unwinding.hpp does that for the leaves that a question is about.
//
// A namespace without leaves was either an empty object or did not exist; the changes do not say
// which, so it is left out of past states.
//
// The values of secrets are left out of every answer but texts_at(): keys that the current schema
// calls secret, and keys that were secret when they changed.

namespace cfgd::store {
namespace {

key parse_key(std::string_view text) {
  auto parsed = engine::parse_stored_key(text);
  if (!parsed || parsed->path().empty())
    throw damaged_record(layout_keys::changes, text, "not a valid key");
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

/// Checks that the state at a revision can be derived: the changes after it are kept.
result<void> check_known(layout const& records, lmdb::transaction& in, model const& now,
                         revision_number asked) {
  auto const oldest = records.oldest(in) - 1;
  auto const newest = now.revision;
  if (asked <= newest && records.knows(in, asked)) return {};
  auto why = no_such_revision(asked, oldest, newest);
  if (asked > oldest && asked < newest)
    why.message = "revision " + std::to_string(asked) +
                  " is not known: the store was restored, and goes on at revision " +
                  std::to_string(records.cut(in));
  return why;
}

/// A range of history: the changes after `after` up to `last`; of one key and those below it, if
/// its text is not empty.
struct history_range {
  revision_number after = 0;
  revision_number last = 0;
  std::string below = {};
};

unwinding unwind(layout const& records, lmdb::transaction& in, history_range const& range,
                 unwinding::filter which) {
  unwinding taken(std::move(which));
  if (range.after == range.last) return taken;
  auto const take = [&](change_view const& one) {
    if (one.revision <= range.after) return false;
    taken.add(one);
    return true;
  };
  if (range.below.empty())
    records.walk_back(in, range.last, take);
  else
    records.walk_key_back(in, range.below, range.last, take);
  return taken;
}

bool has_secrets(namespace_state const& state) {
  return state.schema && state.schema->what->has_secrets();
}

/// Whether the current schema calls the key a secret.
bool is_secret(model const& now, std::string_view key_text) {
  auto const* const state = engine::find_namespace(now, namespace_of(key_text));
  return state != nullptr && has_secrets(*state) &&
         state->schema->what->is_secret(parse_key(key_text).path());
}

/// Marks leaves of an old change that the current schema calls secret.
void mark_secrets_of_today(std::shared_ptr<change const>& one, model const& now) {
  std::shared_ptr<change> copy;
  for (std::size_t index = 0; index < one->keys.size(); ++index) {
    if (one->keys[index].secret) continue;
    if (!is_secret(now, one->keys[index].key)) continue;
    if (!copy) copy = std::make_shared<change>(*one);
    copy->keys[index].secret = true;
  }
  if (copy) one = std::move(copy);
}

/// Copies changes with the requested keys only.
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
    made->files = one.files;
    for (auto const& leaf : one.keys)
      if (which_(leaf.key))
        made->keys.push_back({.key = std::string(leaf.key),
                              .before = std::string(leaf.before),
                              .after = std::string(leaf.after),
                              .secret = leaf.secret || is_secret(now_, leaf.key),
                              .file = leaf.file,
                              .at = leaf.at});
    if (!made->keys.empty()) take_origin_of_first(*made);
    return made;
  }

 private:
  /// A change has the origin of its first key, also where the first keys are left out.
  static void take_origin_of_first(change& one) {
    if (one.keys.front().file == 0) return;
    auto first = origin_of(one, one.keys.front());
    auto& before = one.files.emplace_back(std::exchange(one.from, std::move(first)));
    auto const at = std::exchange(before.at, {});
    for (auto& leaf : one.keys) {
      if (leaf.file != 0) continue;
      leaf.file = static_cast<std::uint32_t>(one.files.size());
      leaf.at = at;
    }
  }

  key_filter which_;
  model const& now_;
};

/// The texts that the wanted namespaces have now.
std::map<std::string, std::string_view>
current_texts(model const& now, std::function<bool(std::string_view)> const& wanted) {
  std::map<std::string, std::string_view> texts;
  for (auto const& [name, state] : now.namespaces)
    if (state.value.text && wanted(name)) texts.emplace(name, *state.value.text);
  return texts;
}

/// Selects keys by their namespaces.
unwinding::filter keys_of(std::function<bool(std::string_view)> wanted) {
  return [wanted = std::move(wanted)](std::string_view key_text) {
    return wanted(namespace_of(key_text));
  };
}

/// Runs `work`, and names the database in failures of the engine, which does not know about it.
template <class Work>
auto with_place(Work work) {
  try {
    return work();
  } catch (lmdb_error const&) {
    throw;
  } catch (storage_failure const& damage) {
    throw damaged_record(layout_keys::changes, "", damage.what());
  }
}

std::string shown(namespace_state const* state, boost::json::object&& document) {
  boost::json::value const whole(std::move(document));
  if (state == nullptr || !has_secrets(*state)) return json::canonical(whole);
  return json::canonical(engine::without_secrets(whole, *state->schema->what));
}

} // namespace

history_page read_log(layout const& records, lmdb::transaction& in, model const& now,
                      history_query const& asked, std::size_t maximum_bytes) {
  history_page page{.changes = {}, .oldest = records.oldest(in), .newest = now.revision};
  if (asked.before == 0) return page;
  copier const copies(key_filter(asked.prefix), now);
  std::size_t bytes = 0;
  std::size_t scanned = 0;
  auto const visit = [&](change_view const& one) {
    if (one.revision <= asked.after) return false;
    if (scanned > asked.scan_bytes) {
      page.more = true;
      page.resume_before = one.revision + 1;
      return false;
    }
    scanned += one.bytes;
    // The clock may have been set back, so an older change may have a later time.
    if ((asked.since && one.time < *asked.since) || !copies.takes(one)) return true;
    bytes += copies.size(one);
    page.more =
        page.changes.size() >= asked.limit || (bytes > maximum_bytes && !page.changes.empty());
    if (!page.more) page.changes.push_back(copies.copy(one));
    return !page.more;
  };
  auto const skip = [&](revision_number damaged) {
    if (damaged > asked.after) page.damaged.push_back(damaged);
  };
  auto const newest = std::min(asked.before - 1, now.revision);
  if (asked.prefix)
    records.walk_key_back(in, asked.prefix->str(), newest, visit, skip);
  else
    records.walk_back(in, newest, visit, skip);
  return page;
}

history_slice read_changes_after(layout const& records, lmdb::transaction& in, model const& now,
                                 revision_number after, std::size_t maximum_bytes) {
  auto slice = records.read_changes(in, after, maximum_bytes);
  auto const later = std::ranges::find_if(
      slice.changes, [&now](auto const& one) { return one->revision > now.revision; });
  if (later != slice.changes.end()) slice.more = false;
  slice.changes.erase(later, slice.changes.end());
  slice.newest = now.revision;
  for (auto& one : slice.changes)
    mark_secrets_of_today(one, now);
  return slice;
}

result<std::map<std::string, std::string>> texts_at(layout const& records, lmdb::transaction& in,
                                                    model const& now, revision_number at,
                                                    std::string const& name_space) {
  if (auto const known = check_known(records, in, now, at); !known) return known.error();
  auto const wanted = [&name_space](std::string_view name) {
    return name_space.empty() || name == name_space;
  };
  // Not by the index, which has no sums: what this returns is written.
  auto const since = unwind(records, in, {.after = at, .last = now.revision}, keys_of(wanted));
  return with_place([&] { return since.texts_before(current_texts(now, wanted)); });
}

result<std::map<std::string, std::string>>
shown_texts_at(layout const& records, lmdb::transaction& in, model const& now, revision_number at,
               std::span<std::string const> name_spaces) {
  if (auto const known = check_known(records, in, now, at); !known) return known.error();
  auto const wanted = [name_spaces](std::string_view name) {
    return name_spaces.empty() || std::ranges::find(name_spaces, name) != name_spaces.end();
  };
  auto const current = current_texts(now, wanted);
  auto const since =
      unwind(records, in,
             {.after = at,
              .last = now.revision,
              .below = name_spaces.size() == 1 ? name_spaces.front() : std::string()},
             keys_of(wanted));
  auto undone = with_place([&] { return since.undo(current, unwinding::secrets::left_out); });
  std::map<std::string, std::string> texts;
  for (auto const& [name, text] : current)
    if (!undone.contains(name))
      texts.emplace(name, *engine::find_namespace(now, name)->value.shown);
  for (auto& [name, document] : undone)
    if (!document.empty())
      texts.emplace(name, shown(engine::find_namespace(now, name), std::move(document)));
  return texts;
}

result<std::vector<key_change>>
differences_between(layout const& records, lmdb::transaction& in, model const& now,
                    std::pair<revision_number, revision_number> from_to,
                    std::optional<key> const& prefix) {
  auto const [from, to] = from_to;
  for (auto const asked : {from, to})
    if (auto const known = check_known(records, in, now, asked); !known) return known.error();
  auto const between = unwind(records, in,
                              {.after = std::min(from, to),
                               .last = std::max(from, to),
                               .below = prefix ? prefix->str() : std::string()},
                              key_filter(prefix));
  std::vector<std::pair<key, unwinding::leaf const*>> sorted;
  for (auto const& [text, leaf] : between.leaves())
    if (leaf.before != leaf.after) sorted.emplace_back(parse_key(text), &leaf);
  std::ranges::sort(sorted, {}, [](auto const& one) -> key const& { return one.first; });
  std::vector<key_change> all;
  all.reserve(sorted.size());
  for (auto const& [which, leaf] : sorted) {
    if (leaf->secret || is_secret(now, which.str())) {
      all.push_back({.key = which.str(), .before = {}, .after = {}, .secret = true});
      continue;
    }
    auto const [before, after] =
        from <= to ? std::pair(leaf->before, leaf->after) : std::pair(leaf->after, leaf->before);
    all.push_back({.key = which.str(), .before = std::string(before), .after = std::string(after)});
  }
  return all;
}

} // namespace cfgd::store
