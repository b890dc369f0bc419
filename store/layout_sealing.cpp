#include "store/layout.hpp"
#include "store/layout_keys.hpp"
#include "store/sealing_writer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

// Which records of a store are sealed. Whole records are, since a value of a namespace may be in
// any of its layers, and in every change. A namespace that was sealed once stays so: when its
// schema is removed, its values are what they were. So a member that becomes a secret later matters
// only in a namespace that had none before; then its records in the whole store are sealed in the
// same transaction, and the file is compacted after it, since free pages still have the old ones.

namespace cfgd::store {
namespace {

namespace keys = layout_keys;

constexpr char const* sealed_key = "sealed";
constexpr char const* key_key = "key";
constexpr char const* traces_key = "traces";
constexpr std::array sealed_databases{keys::sources, keys::overrides, keys::effective,
                                      keys::changes, keys::timed};

layout::names parse_names(std::string_view text) {
  layout::names out;
  while (!text.empty()) {
    auto const length = std::min(text.find(' '), text.size());
    out.emplace(text.substr(0, length));
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return out;
}

std::string join_names(layout::names const& all) {
  std::string text;
  for (auto const& one : all) {
    if (!text.empty()) text.push_back(' ');
    text.append(one);
  }
  return text;
}

bool must_seal_source(lmdb::entry const& entry, layout::names const& sealed) {
  record_reader fields(keys::sources, entry);
  return must_seal(read_source(fields, keys::decode_source(entry)), sealed);
}

bool must_seal_change(lmdb::entry const& entry, layout::names const& sealed) {
  if (sealed.empty()) return false;
  try {
    record_reader fields(keys::changes, entry);
    auto const seen = view_change(fields, keys::decode_revision(keys::changes, entry));
    return std::ranges::any_of(
        seen.keys, [&sealed](auto const& leaf) { return sealed.contains(namespace_of(leaf.key)); });
  } catch (damaged_record const&) {
    return false; // readers skip it
  }
}

bool must_seal_record(std::string_view database, lmdb::entry const& entry,
                      layout::names const& sealed) {
  if (is_sealed(entry.value)) return false;
  if (database == keys::sources) return must_seal_source(entry, sealed);
  if (database == keys::changes) return must_seal_change(entry, sealed);
  if (database == keys::overrides) return sealed.contains(keys::namespace_of_override(entry.key));
  if (database != keys::timed) return sealed.contains(entry.key);
  record_reader fields(keys::timed, entry);
  return must_seal(read_pending(fields, keys::decode_revision(keys::timed, entry)), sealed);
}

/// Appends the fields of a record. Returns false for a damaged change, which readers skip.
bool copy_fields(std::string_view database, lmdb::entry const& entry, key_ring const& with,
                 record_writer& out) {
  try {
    record_reader fields(database, entry, &with);
    out.rest(fields.rest());
    return true;
  } catch (damaged_record const&) {
    if (database != keys::changes) throw;
    return false;
  }
}

/// Seals the records that `chosen` chooses. Returns their number.
template <class Chosen>
std::size_t seal_chosen(lmdb::write_transaction& in, key_ring const& with, char const* name,
                        Chosen chosen) {
  auto const database = in.open(name, lmdb::transaction::if_absent::fail);
  auto const current = with.current();
  std::size_t count = 0;
  std::string key;
  while (true) {
    record_writer out;
    {
      // Writing a record invalidates all views into the transaction.
      lmdb::cursor at(in, database);
      auto entry = key.empty() ? at.first() : at.at_or_after(key + '\0');
      while (entry && !chosen(name, *entry))
        entry = at.next();
      if (!entry) return count;
      key = entry->key;
      if (!copy_fields(name, *entry, with, out)) continue;
    }
    in.put(database, key, out.finish_sealed(*current, {.kind = name, .key = key}));
    ++count;
  }
}

} // namespace

bool must_seal(source_record const& one, layout::names const& sealed) {
  if (one.refused || one.row.id.what == source_kind::schema) return true;
  auto const name = namespace_of(one.row.id);
  return one.row.id.what == source_kind::values && name && sealed.contains(*name);
}

bool must_seal(change const& one, layout::names const& sealed) {
  return !sealed.empty() && std::ranges::any_of(one.keys, [&sealed](key_change const& leaf) {
    return sealed.contains(namespace_of(leaf.key));
  });
}

bool must_seal(pending_record const& one, layout::names const& sealed) {
  return std::ranges::any_of(one.layers,
                             [&sealed](auto const& layer) { return sealed.contains(layer.first); });
}

void layout::sealing_writer::note_key(lmdb::database meta) {
  auto const id = with_->id_text();
  if (keys::get_meta(in_, meta, key_key) != id) keys::put_meta(in_, meta, key_key, id);
}

layout::names layout::sealed_namespaces(lmdb::transaction& in) const {
  return parse_names(keys::get_meta(in, meta_, sealed_key).value_or(""));
}

layout::names const& layout::known_sealed(lmdb::transaction& in) const {
  auto text = keys::get_meta(in, meta_, sealed_key).value_or("");
  auto& known = cached_.sealed;
  if (text != known.text) known = {.text = text, .all = parse_names(text)};
  return known.all;
}

std::string layout::key_id(lmdb::transaction& in) {
  auto const meta = in.open(keys::meta, lmdb::transaction::if_absent::fail);
  return keys::get_meta(in, meta, key_key).value_or("");
}

std::size_t layout::seal(lmdb::write_transaction& in, names const& added) const {
  if (!keys_) return 0;
  auto const before = sealed_namespaces(in);
  auto sealed = before;
  sealed.insert(added.begin(), added.end());
  if (sealed.size() != before.size()) keys::put_meta(in, meta_, sealed_key, join_names(sealed));
  return seal_records(in, sealed);
}

std::size_t layout::seal_records(lmdb::write_transaction& in, names const& sealed) const {
  std::size_t count = 0;
  for (auto const* const name : sealed_databases)
    count += seal_chosen(in, *keys_, name, [&sealed](char const* database, lmdb::entry const& one) {
      return must_seal_record(database, one, sealed);
    });
  if (count == 0) return 0;
  sealing_writer(in, keys_.get(), sealed).note_key(meta_);
  note_traces(in);
  return count;
}

void layout::note_traces(lmdb::write_transaction& in) const {
  keys::put_meta(in, meta_, traces_key, "1");
}

std::size_t layout::reseal(lmdb::write_transaction& in) const {
  std::size_t count = 0;
  auto const sealed = sealed_namespaces(in);
  for (auto const* const name : sealed_databases)
    count += seal_chosen(in, *keys_, name,
                         [](char const*, lmdb::entry const& one) { return is_sealed(one.value); });
  sealing_writer(in, keys_.get(), sealed).note_key(meta_);
  note_traces(in);
  return count;
}

bool layout::has_traces(lmdb::transaction& in) const {
  return keys::get_meta(in, meta_, traces_key).has_value();
}

void layout::forget_traces(lmdb::write_transaction& in) const {
  std::ignore = in.erase(meta_, traces_key);
}

} // namespace cfgd::store
