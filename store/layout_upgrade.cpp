#include "store/layout.hpp"
#include "store/layout_keys.hpp"
#include "store/record_codec.hpp"

#include <tuple>
#include <utility>

// From format 1 to format 2: sources and changes have more fields, and pending changes have a
// database. From format 2 to format 3: records may be sealed, and those that have contents of which
// it is not known whether they hold a secret are. All records whose format differs are rewritten in
// one transaction, so a store has one format or the other and never a mixture, even after a crash.
// Only this file and read-only tools know old formats.

namespace cfgd::store {
namespace {

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

void to_second_format(lmdb::write_transaction& in) {
  namespace keys = layout_keys;
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

} // namespace

void layout::upgrade(lmdb::write_transaction& in, std::shared_ptr<key_ring const> keys) {
  auto const meta = in.open(layout_keys::meta, lmdb::transaction::if_absent::fail);
  auto const found = layout_keys::get_number(in, meta, "format");
  if (found == format) return;
  if (found < 2) to_second_format(in);
  std::ignore = layout(in, std::move(keys)).seal(in, {});
  layout_keys::put_meta(in, meta, "format", std::to_string(format));
  layout_keys::put_meta(in, meta, "needs", first_version);
}

} // namespace cfgd::store
