#include "store/layout.hpp"
#include "store/layout_keys.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

// The index of history by key is written in batches. The entries of one change are in as many
// places of the index as it has keys, and of a group of changes in few more: entry by entry the
// index was most of what a small commit wrote. So the newest changes are not in it; they are few,
// and a reader goes through them.

namespace cfgd::store {
namespace {

namespace keys = layout_keys;

/// Changes that the index lacks at most, apart from those of one transaction. Every commit that
/// brings it up to date takes longer: less than one in a hundred may.
constexpr revision_number most_unindexed = 256;
/// What a reader of one key goes through besides its own changes; and the batch has as many
/// entries.
constexpr std::size_t most_unindexed_bytes = 64 * 1024;

/// Whether a change touches a key or one below it.
bool touches(change_view const& one, std::string_view key_text) {
  return std::ranges::any_of(one.keys, [key_text](auto const& leaf) {
    return leaf.key.starts_with(key_text) &&
           (leaf.key.size() == key_text.size() || leaf.key[key_text.size()] == '.');
  });
}

} // namespace

// A mark beyond the newest change is of another history, and would hide the changes up to it.
revision_number layout::indexed(lmdb::transaction& in) const {
  auto const text = keys::get_meta(in, meta_, keys::indexed);
  auto const mark = text ? keys::parse_number(keys::indexed, *text) : 0;
  return mark <= revision(in) ? mark : 0;
}

bool layout::is_indexed_as_marked(lmdb::transaction& in) const {
  auto const text = keys::get_meta(in, meta_, keys::indexed);
  auto const mark = indexed(in);
  if (text && mark == 0) return *text == "0";
  lmdb::cursor at(in, changes_);
  auto const has = [&](std::optional<lmdb::entry> const& one) {
    return !one || keys::decode_revision(keys::changes, *one) > mark || has_entries(in, *one);
  };
  if (!has(at.first())) return false;
  auto const behind = at.at_or_after(keys::encode_revision(mark + 1));
  return has(behind ? at.previous() : at.last());
}

void layout::forget_index(lmdb::write_transaction& in) const { in.erase(meta_, keys::indexed); }

/// False only of a change that can be read: a damaged one may have been indexed when it could.
bool layout::has_entries(lmdb::transaction const& in, lmdb::entry const& record) const {
  bool is_whole = true;
  show(
      record,
      [&](change_view const& one) {
        is_whole = index_.has(in, key_index::entries_of(one));
        return true;
      },
      [](revision_number) {});
  return is_whole;
}

void layout::index_if_due(lmdb::write_transaction& in, revision_number newest) const {
  auto const known = indexed(in);
  if (known >= newest) return;
  if (newest - known <= most_unindexed &&
      unindexed_bytes(in, known, newest) <= most_unindexed_bytes)
    return;
  index_others(in, newest);
  keys::put_meta(in, meta_, keys::indexed, std::to_string(newest));
}

// A transaction that was aborted may be counted, too; then the batch is a little smaller.
std::size_t layout::unindexed_bytes(lmdb::transaction& in, revision_number known,
                                    revision_number newest) const {
  auto& counted = cached_.unindexed;
  if (counted.known != known || counted.newest < known || counted.newest >= newest)
    counted = {.known = known, .newest = known};
  lmdb::cursor at(in, changes_);
  for (auto entry = at.at_or_after(keys::encode_revision(counted.newest + 1)); entry;
       entry = at.next())
    counted.bytes += entry->value.size();
  counted.newest = newest;
  return counted.bytes;
}

void layout::index_others(lmdb::write_transaction& in, revision_number newest) const {
  auto const known = indexed(in);
  std::vector<std::string> missing;
  walk_back(
      in, newest,
      [&](change_view const& one) {
        if (one.revision <= known) return false;
        auto more = key_index::entries_of(one);
        std::move(more.begin(), more.end(), std::back_inserter(missing));
        return true;
      },
      [&](revision_number at) {
        if (at > known) missing.push_back(key_index::entries_of_damaged(at).front());
      });
  std::ranges::sort(missing);
  index_.add(in, missing);
}

void layout::walk_key_back(lmdb::transaction& in, std::string_view key_text, revision_number newest,
                           std::function<bool(change_view const&)> const& visit,
                           std::function<void(revision_number)> const& damaged) const {
  auto const known = indexed(in);
  bool goes_on = true;
  auto const visit_other = [&](change_view const& one) {
    if (one.revision <= known) return false;
    if (touches(one, key_text)) goes_on = visit(one);
    return goes_on;
  };
  auto const note_damaged = [&](revision_number at) {
    if (at <= known) return;
    if (!damaged) throw damaged_record(keys::changes, keys::encode_revision(at), "it is damaged");
    damaged(at);
  };
  if (newest > known && revision(in) > known) walk_back(in, newest, visit_other, note_damaged);
  if (!goes_on) return;
  index_.walk_back(in, key_text, std::min(newest, known), [&](revision_number at) {
    auto const key = keys::encode_revision(at);
    auto const found = in.get(changes_, key);
    return !found || show({.key = key, .value = *found}, visit, damaged);
  });
}

// What is there without a change costs nothing but its room: it is what is missing that hides one.
std::vector<revision_number> layout::find_unindexed(lmdb::transaction& in, revision_number after,
                                                    revision_number last) const {
  std::vector<revision_number> found;
  last = std::min(last, indexed(in));
  lmdb::cursor at(in, changes_);
  for (auto entry = at.at_or_after(keys::encode_revision(after + 1)); entry; entry = at.next()) {
    auto const revision = keys::decode_revision(keys::changes, *entry);
    if (revision > last) break;
    if (!has_entries(in, *entry)) found.push_back(revision);
  }
  return found;
}

void layout::index_again(lmdb::write_transaction& in,
                         std::vector<revision_number> const& which) const {
  for (auto const revision : which) {
    auto const key = keys::encode_revision(revision);
    auto const found = in.get(changes_, key);
    if (found) index_.add(in, entries_of({.key = key, .value = *found}));
  }
}

/// What the index has of a change. Entries of one that was damaged later are not known; no change
/// is found for them.
std::vector<std::string> layout::entries_of(lmdb::entry const& record) const {
  std::vector<std::string> entries;
  show(
      record,
      [&entries](change_view const& one) {
        entries = key_index::entries_of(one);
        return true;
      },
      [&entries](revision_number damaged) { entries = key_index::entries_of_damaged(damaged); });
  return entries;
}

} // namespace cfgd::store
