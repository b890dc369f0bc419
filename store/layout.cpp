#include "store/layout.hpp"

#include "store/layout_keys.hpp"
#include "store/sealing_writer.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <random>
#include <tuple>
#include <utility>

// What is in which database (store/layout_keys.cpp has their names and keys). A model is loaded as
// a whole and written in parts. History is read in its database, from either end, and trimmed at
// its old end: a little with every commit, so that no commit waits for a long history to be erased.

namespace cfgd::store {
namespace {

namespace keys = layout_keys;

/// To save bytes more changes may be erased at once than are added: a large change may take the
/// room of many small ones.
constexpr std::size_t erased_for_bytes = 1'000;
/// A transaction ends its erasing when it has erased more entries of the index.
constexpr std::size_t erased_entries = 20'000;

} // namespace

std::string layout::make_id() {
  std::random_device source;
  std::string id;
  for (int digit = 0; digit < 32; ++digit)
    id.push_back("0123456789abcdef"[source() & 0xF]);
  return id;
}

void layout::create(lmdb::write_transaction& in, wall_time now) {
  using enum lmdb::transaction::if_absent;
  auto const meta = in.open(keys::meta, create);
  for (auto const* const name :
       {keys::sources, keys::overrides, keys::effective, keys::changes, keys::timed, keys::keys})
    in.open(name, create);
  keys::put_meta(in, meta, "format", std::to_string(format));
  keys::put_meta(in, meta, "needs", first_version);
  keys::put_meta(in, meta, "revision", "0");
  keys::put_meta(in, meta, "store_id", make_id());
  keys::put_meta(in, meta, "created", std::to_string(now.time_since_epoch().count()));
}

result<std::uint64_t> layout::check_format(lmdb::transaction& in) {
  auto const meta = in.open(keys::meta, lmdb::transaction::if_absent::fail);
  auto const found = keys::get_number(in, meta, "format");
  if (found > 0 && found <= format) return found;
  auto const needs = keys::get_meta(in, meta, "needs");
  bool const newer = found > format;
  return error{.code = errc::invalid,
               .message = "the store has format " + std::to_string(found) +
                          ", this program reads format " + std::to_string(format) + "; version " +
                          needs.value_or("unknown") + " or newer is needed",
               .subject = in.directory().string(),
               .used = newer ? found : 0,
               .maximum = newer ? format : 0};
}

void layout::continue_at(lmdb::write_transaction& in, revision_number revision) {
  auto const meta = in.open(keys::meta, lmdb::transaction::if_absent::fail);
  keys::put_meta(in, meta, "revision", std::to_string(revision));
  keys::put_meta(in, meta, "cut", std::to_string(revision));
}

layout::layout(lmdb::transaction& in, std::shared_ptr<key_ring const> keys)
    : keys_(std::move(keys)), meta_(in.open(layout_keys::meta, lmdb::transaction::if_absent::fail)),
      sources_(in.open(layout_keys::sources, lmdb::transaction::if_absent::fail)),
      overrides_(in.open(layout_keys::overrides, lmdb::transaction::if_absent::fail)),
      effective_(in.open(layout_keys::effective, lmdb::transaction::if_absent::fail)),
      changes_(in.open(layout_keys::changes, lmdb::transaction::if_absent::fail)),
      pending_(in.open(layout_keys::timed, lmdb::transaction::if_absent::fail)),
      index_(in.open(layout_keys::keys, lmdb::transaction::if_absent::fail)) {}

revision_number layout::revision(lmdb::transaction& in) const {
  return keys::get_number(in, meta_, "revision");
}

void layout::adopt(lmdb::write_transaction& in, identity const& of) {
  auto const meta = in.open(keys::meta, lmdb::transaction::if_absent::fail);
  keys::put_meta(in, meta, "store_id", of.id);
  keys::put_meta(in, meta, "revision", std::to_string(of.revision));
  keys::put_meta(in, meta, keys::settled, std::to_string(of.revision));
  if (of.cut > 0) keys::put_meta(in, meta, "cut", std::to_string(of.cut));
}

std::string layout::id(lmdb::transaction& in) const {
  return keys::get_meta(in, meta_, "store_id").value_or("");
}

revision_number layout::cut(lmdb::transaction& in) const {
  return keys::get_meta(in, meta_, "cut") ? keys::get_number(in, meta_, "cut") : 0;
}

bool layout::knows(lmdb::transaction& in, revision_number at) const {
  if (at + 1 < oldest(in) || at > revision(in)) return false;
  auto const start = cut(in);
  if (at >= start) return true;
  lmdb::cursor before(in, changes_);
  auto const behind = before.at_or_after(keys::encode_revision(start));
  auto const last = behind ? before.previous() : before.last();
  return last && at <= keys::decode_revision(keys::changes, *last);
}

void layout::write(lmdb::write_transaction& in, write_set const& what) const {
  names const& before = known_sealed(in);
  names added;
  if (keys_)
    std::ranges::copy_if(what.with_secrets, std::inserter(added, added.end()),
                         [&before](std::string const& name) { return !before.contains(name); });
  // Values of a namespace that was not sealed stay in pages that become free.
  if (std::ranges::any_of(added, [&](std::string const& name) {
        return in.get(effective_, name) || overrides_of(in, name);
      }))
    note_traces(in);
  names all;
  if (!added.empty()) {
    all = before;
    all.insert(added.begin(), added.end());
  }
  names const& sealed = added.empty() ? before : all;
  sealing_writer to(in, keys_.get(), sealed);
  for (auto const& [id, source] : what.sources)
    to.write_or_erase({sources_, keys::sources}, to_string(id), source.get(), write_source,
                      source != nullptr && must_seal(*source, sealed));
  for (auto const& one : what.overrides)
    write_layer(to, one);
  for (auto const& value : what.effectives)
    to.write_or_erase({effective_, keys::effective}, value.name_space,
                      value.text ? &value : nullptr, write_effective,
                      sealed.contains(value.name_space));
  if (!what.changes.empty()) erase_beyond(in, what.changes.front()->revision);
  for (auto const& one : what.changes) {
    auto const key = keys::encode_revision(one->revision);
    record_writer record;
    write_change(record, *one);
    // Revisions only grow, and LMDB appends without a search, to pages that it fills completely.
    in.append(changes_, key, to.finish(record, {keys::changes, key}, must_seal(*one, sealed)));
  }
  for (auto const& one : what.notes)
    add_note(to, one);
  for (auto const& [revision, one] : what.pending)
    to.write_or_erase({pending_, keys::timed}, keys::encode_revision(revision), one.get(),
                      write_pending, one != nullptr && must_seal(*one, sealed));
  if (!what.changes.empty()) {
    keys::put_meta(in, meta_, "revision", std::to_string(what.revision));
    index_if_due(in, what.changes.back()->revision);
  }
  if (to.has_sealed()) to.note_key(meta_);
  if (!added.empty()) std::ignore = seal(in, added);
}

void layout::write_layer(sealing_writer& to, write_set::layer_change const& what) const {
  bool const seal = to.sealed().contains(what.name);
  engine::override_differences(
      what.before.get(), what.after.get(),
      [&](key const& which, engine::override_entry const* now) {
        auto const text = which.str();
        auto const place = keys::encode_override(text);
        if (now == nullptr) {
          to.in().erase(overrides_, place);
          return;
        }
        bool const is_hashed = keys::is_hashed_override(place);
        override_value const one{.key_text = is_hashed ? text : std::string_view(), .set = *now};
        to.write_or_erase({overrides_, keys::overrides}, place, &one, write_override, seal);
      });
}

/// Erases what has a later revision than any change: records whose key is damaged. LMDB could not
/// append behind them.
void layout::erase_beyond(lmdb::write_transaction& in, revision_number next) const {
  auto const first = keys::encode_revision(next);
  while (true) {
    std::string key;
    {
      lmdb::cursor at(in, changes_);
      auto const last = at.last();
      if (!last || last->key < first) return;
      key = last->key;
    }
    if (!in.erase(changes_, key)) return;
  }
}

// The cursor and the views into the old record must end before the record is written.
void layout::add_note(sealing_writer& to, engine::change_note const& note) const {
  auto const key = keys::encode_revision(note.revision);
  change noted;
  {
    lmdb::cursor at(to.in(), changes_);
    auto const entry = at.at_or_after(key);
    if (!entry || keys::decode_revision(keys::changes, *entry) != note.revision) return;
    try {
      record_reader fields(keys::changes, *entry, keys_.get());
      noted = *read_change(fields, note.revision);
    } catch (damaged_record const&) {
      return; // the note is not worth the commit
    }
  }
  noted.comment = engine::add_note(std::move(noted.comment), note);
  record_writer record;
  write_change(record, noted);
  to.in().put(changes_, key,
              to.finish(record, {keys::changes, key}, must_seal(noted, to.sealed())));
}

void layout::touch(lmdb::write_transaction& in) const {
  keys::put_meta(in, meta_, "revision", std::to_string(revision(in)));
}

history_slice layout::read_changes(lmdb::transaction& in, revision_number after,
                                   std::size_t maximum_bytes) const {
  history_slice out;
  out.newest = revision(in);
  lmdb::cursor at(in, changes_);
  out.oldest = oldest(in);
  if (after >= out.newest) return out;
  // The changes before a restore are kept, but a cursor may be of another history.
  out.compacted = after + 1 < out.oldest || after < cut(in);
  if (out.compacted) return out;
  std::size_t bytes = 0;
  for (auto entry = at.at_or_after(keys::encode_revision(after + 1)); entry; entry = at.next()) {
    out.more = !out.changes.empty() && bytes + entry->value.size() > maximum_bytes;
    if (out.more) break;
    bytes += entry->value.size();
    try {
      record_reader fields(keys::changes, *entry, keys_.get());
      out.changes.push_back(read_change(fields, keys::decode_revision(keys::changes, *entry)));
    } catch (damaged_record const&) {
      out.changes.clear();
      out.compacted = true;
      return out;
    }
  }
  return out;
}

examined_history layout::examine(lmdb::transaction& in, revision_number after,
                                 std::size_t maximum_bytes) const {
  examined_history out;
  lmdb::cursor at(in, changes_);
  std::size_t bytes = 0;
  for (auto entry = at.at_or_after(keys::encode_revision(after + 1)); entry; entry = at.next()) {
    out.more = bytes > maximum_bytes;
    if (out.more) break;
    bytes += entry->value.size();
    out.last = keys::decode_revision(keys::changes, *entry);
    try {
      record_reader fields(keys::changes, *entry, keys_.get());
      std::ignore = read_change(fields, out.last);
    } catch (damaged_record const&) {
      out.damaged.push_back(out.last);
    }
  }
  return out;
}

revision_number layout::oldest(lmdb::transaction& in) const {
  lmdb::cursor at(in, changes_);
  auto const first = at.first();
  return first ? keys::decode_revision(keys::changes, *first) : revision(in) + 1;
}

bool layout::show(lmdb::entry const& entry, std::function<bool(change_view const&)> const& visit,
                  std::function<void(revision_number)> const& damaged) const {
  auto const revision = keys::decode_revision(keys::changes, entry);
  change_view seen;
  try {
    if (is_sealed(entry.value)) {
      auto const opened = std::make_shared<record_reader>(keys::changes, entry, keys_.get());
      seen = view_change(*opened, revision);
      seen.kept_by = opened;
    } else {
      record_reader fields(keys::changes, entry);
      seen = view_change(fields, revision);
    }
  } catch (damaged_record const&) {
    if (!damaged) throw;
    damaged(revision);
    return true;
  }
  seen.bytes = entry.value.size();
  return visit(seen);
}

void layout::walk_back(lmdb::transaction& in, revision_number newest,
                       std::function<bool(change_view const&)> const& visit,
                       std::function<void(revision_number)> const& damaged) const {
  lmdb::cursor at(in, changes_);
  auto entry = newest == std::numeric_limits<revision_number>::max()
                   ? std::nullopt
                   : at.at_or_after(keys::encode_revision(newest + 1));
  for (entry = entry ? at.previous() : at.last(); entry; entry = at.previous())
    if (!show(*entry, visit, damaged)) return;
}

// Revisions are consecutive, so their difference is the number of changes kept in between.
bool layout::may_go(lmdb::entry const& oldest, revision_number newest,
                    kept_history const& keep) const {
  auto const number = keys::decode_revision(keys::changes, oldest);
  if (number + keep.revisions > newest) return false;
  try {
    // A first change of some MiB would be summed up with each commit until it is old enough.
    auto& known = cached_.oldest;
    if (known.number != number) {
      record_reader fields(keys::changes, oldest, keys_.get());
      known = {.number = number, .time = read_change_time(fields)};
    }
    return known.time < keep.since;
  } catch (damaged_record const&) {
    return true; // otherwise no commit would succeed once it is the oldest one
  }
}

/// Whether so many changes may go that erasing begins.
bool layout::is_due(lmdb::transaction& in, kept_history const& keep) const {
  if (keep.at_once <= 1 || history_bytes(in) > keep.bytes) return true;
  lmdb::cursor at(in, changes_);
  auto const oldest = at.first();
  if (!oldest) return false;
  auto const last = keys::decode_revision(keys::changes, *oldest) + keep.at_once - 1;
  auto const newest = revision(in);
  if (last + keep.revisions > newest) return false;
  auto const entry = at.at_or_after(keys::encode_revision(last));
  return !entry || may_go(*entry, newest, keep);
}

/// Of the pages that the history and its index take.
std::size_t layout::history_bytes(lmdb::transaction& in) const {
  return in.used_bytes(changes_) + index_.used_bytes(in);
}

std::size_t layout::trim(lmdb::write_transaction& in, kept_history const& keep,
                         std::function<bool(revision_number)> const& before_erasing) const {
  if (!is_due(in, keep)) return 0;
  std::size_t erased = 0;
  std::size_t unindexed = 0;
  auto const newest = revision(in);
  // Room for some more changes, if any has to be made.
  auto const most_bytes = keep.bytes - (keep.at_once > 1 ? keep.bytes / 64 : 0);
  auto const limit = history_bytes(in) > keep.bytes ? most_bytes : keep.bytes;
  while (true) {
    bool const too_large = erased < erased_for_bytes && history_bytes(in) > limit;
    if (erased >= keep.erased && !too_large) return erased;
    // A new cursor for each change, because erasing one invalidates it.
    std::string key;
    std::vector<std::string> entries;
    {
      lmdb::cursor at(in, changes_);
      auto const oldest = at.first();
      if (!oldest) return erased;
      // The newest change stays, however large it is.
      bool const only = keys::decode_revision(keys::changes, *oldest) >= newest;
      bool const goes =
          (too_large && !only) || (erased < keep.erased && may_go(*oldest, newest, keep));
      if (!goes) return erased;
      key = oldest->key;
      entries = entries_of(*oldest);
    }
    if (before_erasing && !before_erasing(keys::decode_revision(keys::changes, {key, {}})))
      return erased;
    in.erase(changes_, key);
    index_.erase(in, entries);
    ++erased;
    unindexed += entries.size();
    if (unindexed > erased_entries) return erased;
  }
}

} // namespace cfgd::store
