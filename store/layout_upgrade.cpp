#include "core/key.hpp"
#include "store/layout.hpp"
#include "store/layout_keys.hpp"
#include "store/record_codec.hpp"

#include <string>
#include <tuple>
#include <utility>
#include <vector>

// From each format to the next one, in one transaction, so a store has one format or another and
// never a mixture, even after a crash. Only this file and read-only tools know old formats.

namespace cfgd::store {
namespace {

namespace keys = layout_keys;

/// Calls `rewrite(out, fields, entry)` for each record and replaces the record by what it writes.
template <class Rewrite>
void rewrite_all(lmdb::write_transaction& in, char const* name, Rewrite rewrite) {
  auto const database = in.open(name, lmdb::transaction::if_absent::fail);
  std::string key;
  while (true) {
    record_writer out;
    {
      // Writing a record invalidates all views into the transaction.
      lmdb::cursor at(in, database);
      auto const entry = key.empty() ? at.first() : at.at_or_after(key + '\0');
      if (!entry) return;
      key = entry->key;
      record_reader fields(name, *entry);
      rewrite(out, fields, *entry);
    }
    in.put(database, key, out.finish(key));
  }
}

/// Sources and changes get more fields, pending changes a database.
void upgrade_to_second(lmdb::write_transaction& in) {
  in.open(keys::timed, lmdb::transaction::if_absent::create);
  rewrite_all(in, keys::sources,
              [](record_writer& out, record_reader& fields, lmdb::entry const& entry) {
                auto id = keys::decode_source(entry);
                write_source(out, read_source(fields, std::move(id), record_format::first));
              });
  rewrite_all(in, keys::changes,
              [](record_writer& out, record_reader& fields, lmdb::entry const& entry) {
                auto const revision = keys::decode_revision(keys::changes, entry);
                write_change(out, *read_change(fields, revision, record_format::first));
              });
}

/// The records of a format that has one for each layer, which are removed.
std::vector<write_set::layer_change> take_layers(lmdb::write_transaction& in,
                                                 key_ring const* with) {
  auto const database = in.open(keys::overrides, lmdb::transaction::if_absent::fail);
  std::vector<write_set::layer_change> all;
  {
    lmdb::cursor at(in, database);
    for (auto entry = at.first(); entry; entry = at.next()) {
      if (!is_namespace_name(entry->key))
        throw damaged_record(keys::overrides, entry->key, "the key is not a valid namespace name");
      record_reader fields(keys::overrides, *entry, with);
      std::string name(entry->key);
      auto layer = read_overrides(fields, name);
      all.push_back({std::move(name), nullptr, std::move(layer)});
    }
  }
  for (auto const& one : all)
    in.erase(database, one.name);
  return all;
}

} // namespace

/// Overrides get a record for each key, and changes may be later than the records of effective
/// values.
void layout::upgrade_to_fourth(lmdb::write_transaction& in, std::shared_ptr<key_ring const> with) {
  write_set layers{.overrides = take_layers(in, with.get())};
  layout const records(in, std::move(with));
  records.write(in, layers);
  records.note_settled(in, records.revision(in));
}

/// Changes get an index by key. Records may be sealed, and those that have contents of which it is
/// not known whether they hold a secret are.
void layout::upgrade_to_third(lmdb::write_transaction& in, std::shared_ptr<key_ring const> with) {
  in.open(keys::keys, lmdb::transaction::if_absent::create);
  auto const meta = in.open(keys::meta, lmdb::transaction::if_absent::fail);
  layout const records(in, std::move(with));
  auto const newest = records.revision(in);
  // A change at a time: the first entry that is written ends the view of a change.
  std::vector<std::string> damaged;
  for (revision_number before = newest; before > 0;) {
    std::vector<std::string> entries;
    revision_number seen = 0;
    records.walk_back(
        in, before,
        [&](change_view const& one) {
          seen = one.revision;
          entries = key_index::entries_of(one);
          return false;
        },
        [&](revision_number at) {
          auto const one = key_index::entries_of_damaged(at);
          damaged.insert(damaged.end(), one.begin(), one.end());
        });
    if (seen == 0) break;
    records.index_.add(in, entries);
    before = seen - 1;
  }
  records.index_.add(in, damaged);
  keys::put_meta(in, meta, keys::indexed, std::to_string(newest));
  std::ignore = records.seal(in, {});
}

void layout::upgrade(lmdb::write_transaction& in, std::shared_ptr<key_ring const> with) {
  auto const meta = in.open(keys::meta, lmdb::transaction::if_absent::fail);
  auto const found = keys::get_number(in, meta, "format");
  if (found == format) return;
  if (found < 2) upgrade_to_second(in);
  if (found < 3) upgrade_to_third(in, with);
  if (found < 4) upgrade_to_fourth(in, std::move(with));
  keys::put_meta(in, meta, "format", std::to_string(format));
  keys::put_meta(in, meta, "needs", first_version);
}

} // namespace cfgd::store
