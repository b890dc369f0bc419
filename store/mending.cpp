#include "store/mending.hpp"

#include "store/backup.hpp"
#include "store/copies.hpp"
#include "store/data_file.hpp"
#include "store/layout.hpp"
#include "store/layout_keys.hpp"
#include "store/record_codec.hpp"
#include "store/state_directory.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

// LMDB has no check sums, so a bit that flips in a page is found by the sum of the record that it
// is in. One record must not cost the whole store: most of them say again what files, copies or
// other records say.
//
// A key may be what is damaged. Then the record is removed, and the record of the right name is
// missing: that is why copies are also searched for schemas, and all namespaces for values, and not
// only those that damaged records name.

namespace cfgd::store {
namespace {

namespace fs = std::filesystem;
namespace keys = layout_keys;
constexpr auto must_be_there = lmdb::transaction::if_absent::fail;
constexpr std::size_t spare_bytes = 16 * 1024 * 1024;
constexpr std::size_t page_bytes = 4096;

/// The first format whose records are those of this one.
constexpr std::uint64_t same_records = 2;

using decoder = void (*)(char const* database, lmdb::entry const& entry, key_ring const* with);

void decode_source(char const* database, lmdb::entry const& entry, key_ring const* with) {
  auto id = keys::decode_source(entry);
  record_reader fields(database, entry, with);
  std::ignore = read_source(fields, std::move(id));
}
void decode_override(char const* database, lmdb::entry const& entry, key_ring const* with) {
  record_reader fields(database, entry, with);
  std::ignore = read_override(fields, entry.key);
}
/// Of a store whose format has one record for each layer.
void decode_overrides(char const* database, lmdb::entry const& entry, key_ring const* with) {
  keys::check_name(database, entry);
  record_reader fields(database, entry, with);
  std::ignore = read_overrides(fields, std::string(entry.key));
}
void decode_effective(char const* database, lmdb::entry const& entry, key_ring const* with) {
  keys::check_name(database, entry);
  record_reader fields(database, entry, with);
  std::ignore = read_effective(fields, entry.key);
}
void decode_pending(char const* database, lmdb::entry const& entry, key_ring const* with) {
  auto const revision = keys::decode_revision(database, entry);
  record_reader fields(database, entry, with);
  std::ignore = read_pending(fields, revision);
}
void decode_meta(char const* database, lmdb::entry const& entry, key_ring const* /*with*/) {
  record_reader fields(database, entry);
  auto const text = fields.rest();
  if (entry.key == "revision" || entry.key == "cut" || entry.key == "created" ||
      entry.key == keys::settled)
    keys::parse_number(entry.key, text);
}

/// The newest copy of the same store that is intact; opened when it is needed.
class good_copy {
 public:
  good_copy(fs::path directory, std::optional<std::string> store_id)
      : directory_(std::move(directory)), store_id_(std::move(store_id)) {}

  data_file const* get() {
    if (!std::exchange(is_searched_, true)) search();
    return file_ ? &*file_ : nullptr;
  }
  /// The bytes of a record; absent: the copy does not have it.
  std::optional<std::string> find(char const* database, std::string_view key) {
    std::optional<std::string> found;
    auto const* const from = get();
    if (from == nullptr) return found;
    from->for_each_of(database, [&](lmdb::entry const& one) {
      if (one.key == key) found = one.value;
    });
    return found;
  }
  std::string name() const { return "the copy of revision " + std::to_string(file_->revision()); }

 private:
  void search() {
    for (auto const& path : list_copies(directory_)) {
      auto const facts = verify_backup(path, [](std::uint64_t, std::uint64_t) {});
      if (!facts || facts->format < same_records) continue;
      if (store_id_ && facts->store_id != *store_id_) continue;
      auto opened = data_file::open(path);
      if (!opened) continue;
      file_.emplace(std::move(*opened));
      return;
    }
  }

  fs::path directory_;
  std::optional<std::string> store_id_;
  bool is_searched_ = false;
  std::optional<data_file> file_;
};

class mender {
 public:
  /// `with`: opens sealed records; null: there are no keys.
  mender(lmdb::write_transaction& in, fs::path const& directory,
         std::shared_ptr<key_ring const> with, std::uint64_t format)
      : in_(in), with_(std::move(with)), copy_(directory, readable("store_id")),
        has_overrides_by_key_(format >= layout::overrides_by_key) {}

  mending run() {
    mend_meta();
    mend_sources();
    mend_overrides();
    for (auto const& key : find_damaged(keys::effective, decode_effective)) {
      erase(keys::effective, key);
      out_.without_effective.insert(key);
    }
    mend_pending();
    return std::move(out_);
  }

 private:
  lmdb::database open(char const* database) { return in_.open(database, must_be_there); }
  void erase(char const* database, std::string_view key) { in_.erase(open(database), key); }

  /// A word of meta; absent also if it is damaged.
  std::optional<std::string> readable(char const* key) {
    try {
      return keys::get_meta(in_, open(keys::meta), key);
    } catch (damaged_record const&) {
      return std::nullopt;
    }
  }

  std::vector<std::string> find_damaged(char const* database, decoder decode) {
    std::vector<std::string> found;
    lmdb::cursor at(in_, open(database));
    for (auto entry = at.first(); entry; entry = at.next()) {
      try {
        decode(database, *entry, with_.get());
      } catch (sealed_record const&) {
        continue; // whole, only its key is missing
      } catch (damaged_record const&) {
        found.emplace_back(entry->key);
      }
    }
    return found;
  }

  /// Puts the copy's record in the place of a damaged one; whether there is one.
  bool take_from_copy(char const* database, std::string_view key, decoder decode) {
    auto const bytes = copy_.find(database, key);
    if (!bytes) return false;
    try {
      decode(database, {key, *bytes}, with_.get());
    } catch (damaged_record const&) {
      return false; // sealed with a key that is gone, say
    }
    in_.put(open(database), key, *bytes);
    return true;
  }

  void mend_meta() {
    auto const damaged = find_damaged(keys::meta, decode_meta);
    for (auto const& key : damaged) {
      if (key == keys::mending) continue; // noted_mending() takes it for anything
      erase(keys::meta, key);
      if (key == "format")
        keys::put_meta(in_, open(keys::meta), key, std::to_string(layout::format));
      if (key == "needs") keys::put_meta(in_, open(keys::meta), key, layout::first_version);
      mend_number(key);
      out_.done.push_back({.record = "the record '" + key + "' about the store",
                           .outcome = "made again from other records"});
    }
    // A damaged key leaves its record out.
    for (std::string const key : {"revision", "store_id"})
      if (!readable(key.c_str())) mend_number(key);
    if (!damaged.empty()) mend_sealing();
  }

  /// Without these records, secrets would be written as they are: which namespaces are sealed, and
  /// with which key. What is sealed says it.
  void mend_sealing() {
    std::set<std::string> names;
    std::istringstream known(readable("sealed").value_or("") + ' ' + copied_word("sealed"));
    for (std::string name; known >> name;)
      names.insert(name);
    std::string id;
    for (auto const* const database :
         {keys::effective, keys::overrides, keys::sources, keys::timed, keys::changes}) {
      lmdb::cursor at(in_, open(database));
      bool const by_name = database == keys::effective || database == keys::overrides;
      for (auto entry = at.first(); entry && (by_name || id.empty()); entry = at.next()) {
        if (!is_sealed(entry->value)) continue;
        auto const name =
            database == keys::overrides ? keys::namespace_of_override(entry->key) : entry->key;
        if (by_name && is_namespace_name(name)) names.emplace(name);
        if (id.empty()) id = key_of(database, *entry);
      }
    }
    if (!names.empty()) keys::put_meta(in_, open(keys::meta), "sealed", joined(names));
    if (!id.empty() && !readable("key")) keys::put_meta(in_, open(keys::meta), "key", id);
  }

  static std::string joined(std::set<std::string> const& words) {
    std::string all;
    for (auto const& word : words)
      all.append(all.empty() ? "" : " ").append(word);
    return all;
  }

  /// The id, as digits, of the key that an intact record is sealed with; empty: it is damaged.
  static std::string key_of(char const* database, lmdb::entry const& entry) {
    constexpr std::size_t frame_bytes = 5;
    try {
      record_reader const whole(database, entry);
      return key_id_text(key_id_of(entry.value.substr(frame_bytes)));
    } catch (damaged_record const&) {
      return {};
    }
  }

  /// A word of meta of the copy; empty: there is none.
  std::string copied_word(char const* key) {
    auto const bytes = copy_.find(keys::meta, key);
    return bytes ? std::string(record_reader(keys::meta, {key, *bytes}).rest()) : std::string();
  }

  void mend_number(std::string const& key) {
    auto const meta = open(keys::meta);
    if (key == "revision" || key == "cut") // of an unknown cut nobody continues from before
      keys::put_meta(in_, meta, key, std::to_string(find_revision()));
    else if (key == "created")
      keys::put_meta(in_, meta, key, std::to_string(wall_now().time_since_epoch().count()));
    else if (key == "traces") // that it is there says that there are traces
      keys::put_meta(in_, meta, key, "1");
    else if (key == "store_id")
      keys::put_meta(in_, meta, key,
                     copy_.get() != nullptr ? copy_.get()->store_id() : layout::make_id());
  }

  /// The newest change is always kept, and a store that a restore has made has its revision as
  /// `cut`.
  revision_number find_revision() {
    auto const cut = readable("cut");
    revision_number newest = 0;
    if (cut) newest = keys::parse_number("cut", *cut);
    if (copy_.get() != nullptr) newest = std::max(newest, copy_.get()->revision());
    lmdb::cursor at(in_, open(keys::changes));
    if (auto const last = at.last())
      newest = std::max(newest, keys::decode_revision(keys::changes, *last));
    return newest;
  }

  void mend_sources() {
    auto const damaged = find_damaged(keys::sources, decode_source);
    for (auto const& key : damaged)
      mend_source(key);
    if (!damaged.empty()) keep_policy();
  }

  void mend_source(std::string const& key) {
    erase(keys::sources, key);
    auto const id = parse_source_id(key);
    mended_record one{.record = "the source '" + (id ? key : std::string("?")) + '\'',
                      .outcome = "its file is read again"};
    if (auto const name = id ? namespace_of(*id) : std::nullopt) {
      one.name_space = *name;
      out_.doubtful.emplace(*name);
    }
    if (id && id->what == source_kind::schema) {
      put_lost_policy(*id);
      one.outcome += ", and until then its namespace hides all values";
    } else if (id && id->what == source_kind::access) {
      put_lost_policy(*id);
      one.outcome += ", and until then it refuses";
    } else if (id && take_from_copy(keys::sources, key, decode_source)) {
      one.outcome = "taken from " + copy_.name() + ", and its file is read again if it is newer";
    }
    out_.done.push_back(std::move(one));
  }

  /// Of schemas and access files: without them more would be permitted.
  void put_lost_policy(source_id const& id) {
    source_record record;
    record.row.id = id;
    record.row.path = to_string(id);
    record.row.status = source_status::quarantined;
    record.row.why = error{.code = errc::store_failed,
                           .message = "its record in the store was damaged",
                           .subject = record.row.path};
    record_writer out;
    write_source(out, record);
    auto const key = to_string(id);
    in_.put(open(keys::sources), key, out.finish(key));
  }

  /// A schema or access file that the copy has and the store has not: the key of its record was
  /// damaged, or its file is gone, which the next look finds.
  void keep_policy() {
    auto const* const from = copy_.get();
    if (from == nullptr) return;
    std::vector<source_id> missing;
    from->for_each_of(keys::sources, [&](lmdb::entry const& one) {
      auto id = parse_source_id(one.key);
      bool const limits_rights =
          id && (id->what == source_kind::schema || id->what == source_kind::access);
      if (limits_rights && !in_.get(open(keys::sources), one.key))
        missing.push_back(std::move(*id));
    });
    for (auto const& id : missing) {
      put_lost_policy(id);
      if (auto const name = namespace_of(id)) out_.doubtful.emplace(*name);
    }
  }

  void mend_overrides() {
    auto const decode = has_overrides_by_key_ ? decode_override : decode_overrides;
    for (auto const& key : find_damaged(keys::overrides, decode)) {
      erase(keys::overrides, key);
      std::string const name(keys::namespace_of_override(key));
      if (is_unchanged_since_copy(name) && take_from_copy(keys::overrides, key, decode))
        out_.done.push_back({.record = "an override of '" + name + '\'',
                             .outcome = "taken from " + copy_.name() + ", and not changed since",
                             .name_space = name});
      else
        out_.without_overrides.insert(is_namespace_name(name) ? name : mending::unknown_name);
    }
  }

  /// Whether no change after the copy is of the namespace. False if that is not known.
  bool is_unchanged_since_copy(std::string const& name_space) {
    auto const* const from = copy_.get();
    layout const records(in_, with_);
    if (from == nullptr || !records.knows(in_, from->revision())) return false;
    bool unchanged = true;
    auto const visit = [&](change_view const& one) {
      if (one.revision <= from->revision()) return false;
      for (auto const& leaf : one.keys)
        unchanged = unchanged && cfgd::namespace_of(leaf.key) != name_space;
      return unchanged;
    };
    records.walk_back(in_, std::numeric_limits<revision_number>::max(), visit,
                      [&](revision_number at) { unchanged = unchanged && at <= from->revision(); });
    return unchanged;
  }

  void mend_pending() {
    for (auto const& key : find_damaged(keys::timed, decode_pending)) {
      bool const is_number = key.size() == sizeof(revision_number);
      auto const revision = is_number ? keys::decode_revision(keys::timed, {key, {}}) : 0;
      erase(keys::timed, key);
      mended_record one{.record = "the pending change " + std::to_string(revision),
                        .revision = revision};
      one.is_lost = !take_from_copy(keys::timed, key, decode_pending);
      one.outcome = one.is_lost ? "lost: the change stays, and is not undone at its deadline"
                                : "taken from " + copy_.name() + ", with its deadline then";
      out_.done.push_back(std::move(one));
    }
  }

  lmdb::write_transaction& in_;
  std::shared_ptr<key_ring const> with_;
  good_copy copy_;
  bool has_overrides_by_key_;
  mending out_;
};

/// Null: there are no keys. Errors: those of find_keys().
result<std::shared_ptr<key_ring const>> open_keys(fs::path const& directory,
                                                  key_sources const& where) {
  auto const found = find_keys(directory, where);
  if (!found) return found.error();
  if (!found->current) return std::shared_ptr<key_ring const>();
  auto ring = std::make_shared<key_ring>(found->current);
  if (found->other) ring->add(found->other);
  return std::shared_ptr<key_ring const>(std::move(ring));
}

} // namespace

std::string mended_record::text() const {
  std::string out = record;
  if (revision != 0 && record.find(std::to_string(revision)) == std::string::npos)
    out.append(" at revision ").append(std::to_string(revision));
  return out.append(" had a damaged record in the store: ").append(outcome);
}

result<mending> mend_records(fs::path const& directory, limits const& bounds,
                             key_sources const& where) {
  auto const held = state_directory::open(directory);
  if (!held) return held.error();
  auto const with = open_keys(directory, where);
  if (!with) return with.error();
  std::error_code failed;
  auto const size =
      std::max<std::uintmax_t>(fs::file_size(held->data_file(), failed), bounds.store_bytes);
  if (failed) return error{.code = errc::invalid, .message = failed.message()};
  try {
    lmdb::environment env(held->data(),
                          {.map_bytes = (size + spare_bytes) / page_bytes * page_bytes,
                           .databases = layout::database_count});
    lmdb::write_transaction in(env);
    auto const format = layout::check_format(in);
    if (!format) return format.error();
    // The records of the first format are read by its upgrade alone.
    if (*format < same_records)
      return error{.code = errc::invalid, .message = "the store has an old format"};
    // The next start upgrades it.
    if (*format < layout::format) in.open(keys::keys, lmdb::transaction::if_absent::create);
    auto out = mender(in, directory, *with, *format).run();
    // What was mended before, if nobody came to settle it.
    auto before = noted_mending(in);
    out.done.insert(out.done.begin(), before.done.begin(), before.done.end());
    out.without_effective.merge(before.without_effective);
    out.without_overrides.merge(before.without_overrides);
    out.doubtful.merge(before.doubtful);
    out.unmerged.merge(before.unmerged);
    if (!out.empty()) note_mending(in, out);
    in.commit();
    return out;
  } catch (lmdb_error const& failure) {
    return error{.code = errc::invalid, .message = failure.what(), .subject = directory.string()};
  }
}

} // namespace cfgd::store
