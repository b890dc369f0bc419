#pragma once

#include "core/change.hpp"
#include "core/source.hpp"
#include "store/lmdb.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The names of the databases of a store, and the keys in them.
namespace cfgd::store::layout_keys {

inline constexpr char const* meta = "meta";
inline constexpr char const* sources = "sources";
inline constexpr char const* overrides = "overrides";
inline constexpr char const* effective = "effective";
inline constexpr char const* changes = "changes";
inline constexpr char const* timed = "timed";
inline constexpr char const* keys = "keys";

/// Key in meta: the revision up to which every change is in the records of `effective`.
inline constexpr char const* settled = "settled";
/// The same, of the index by key.
inline constexpr char const* indexed = "indexed";
/// What is left to mend (store/mending.hpp).
inline constexpr char const* mending = "mending";

/// 8 bytes, big-endian, so that key order is time order.
std::string encode_revision(revision_number revision);

/// The key of the record of one override: NAMESPACE/PATH for the key NAMESPACE.PATH, and
/// NAMESPACE//HASH where that is too long for LMDB.
std::string encode_override(std::string_view key_text);
/// The namespace of such a record.
std::string_view namespace_of_override(std::string_view record_key);
/// Whether the record has the text of its key.
bool is_hashed_override(std::string_view record_key);

/// Both throw damaged_record if the key is not valid.
revision_number decode_revision(char const* database, lmdb::entry const& entry);
source_id decode_source(lmdb::entry const& entry);
/// Throws damaged_record if the key is not a name of a namespace: another program may have written
/// the record.
void check_name(char const* database, lmdb::entry const& entry);

/// Records of the database meta, whose handle is `in_meta`. get_meta() returns nothing if the
/// record is absent; get_number() throws damaged_record then.
void put_meta(lmdb::write_transaction& in, lmdb::database in_meta, std::string_view key,
              std::string_view value);
std::optional<std::string> get_meta(lmdb::transaction& in, lmdb::database in_meta,
                                    std::string_view key);
/// Parses the text of such a record. Throws damaged_record if it is not a decimal number.
std::uint64_t parse_number(std::string_view key, std::string_view text);
std::uint64_t get_number(lmdb::transaction& in, lmdb::database in_meta, std::string_view key);

} // namespace cfgd::store::layout_keys
