#include "store/layout_keys.hpp"

#include "core/key.hpp"
#include "store/encoding.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <charconv>

// Which database holds what, and under which keys:
//
//   meta       text            decimal numbers and words, as text
//   sources    a source's name one source: values, schemas and rules
//   overrides  key             one override
//   effective  namespace       its effective value and revision
//   changes    revision        one change
//   timed      revision        a pending change, and what undoes it
//   keys       key, revision   nothing: the change touches the key (store/key_index.hpp)
//
// The frame of records and the record "format" of meta will not change in later formats, so every
// version of cfgd recognizes a store that is too new for it.

namespace cfgd::store::layout_keys {

std::string encode_revision(revision_number revision) {
  std::string key(sizeof revision, '\0');
  for (auto byte = key.rbegin(); byte != key.rend(); ++byte, revision >>= 8)
    *byte = static_cast<char>(revision & 0xFF);
  return key;
}

std::string encode_override(std::string_view key_text) {
  constexpr std::size_t longest = 511;
  auto const name = cfgd::namespace_of(key_text);
  std::string out(name);
  out.push_back('/');
  if (name.size() == key_text.size()) return out;
  if (key_text.size() <= longest) return out.append(key_text.substr(name.size() + 1));
  auto const hash = XXH3_128bits(key_text.data(), key_text.size());
  return out.append("/").append(encode_revision(hash.high64)).append(encode_revision(hash.low64));
}

std::string_view namespace_of_override(std::string_view record_key) {
  return record_key.substr(0, record_key.find('/'));
}

// A path begins with a bare word or a quote.
bool is_hashed_override(std::string_view record_key) {
  return record_key.substr(namespace_of_override(record_key).size()).starts_with("//");
}

revision_number decode_revision(char const* database, lmdb::entry const& entry) {
  revision_number revision = 0;
  if (entry.key.size() != sizeof revision)
    throw damaged_record(database, entry.key, "the key is not a revision");
  for (char const byte : entry.key)
    revision = revision << 8 | static_cast<std::uint8_t>(byte);
  return revision;
}

source_id decode_source(lmdb::entry const& entry) {
  auto id = parse_source_id(entry.key);
  if (!id) throw damaged_record(sources, entry.key, "the key is not a valid source file name");
  return *std::move(id);
}

void check_name(char const* database, lmdb::entry const& entry) {
  if (!is_namespace_name(entry.key))
    throw damaged_record(database, entry.key, "the key is not a valid namespace name");
}

void put_meta(lmdb::write_transaction& in, lmdb::database in_meta, std::string_view key,
              std::string_view value) {
  record_writer record;
  record.rest(value);
  in.put(in_meta, key, record.finish(key));
}

std::optional<std::string> get_meta(lmdb::transaction& in, lmdb::database in_meta,
                                    std::string_view key) {
  auto const found = in.get(in_meta, key);
  if (!found) return std::nullopt;
  return std::string(record_reader(meta, {key, *found}).rest());
}

std::uint64_t get_number(lmdb::transaction& in, lmdb::database in_meta, std::string_view key) {
  auto const text = get_meta(in, in_meta, key);
  if (!text) throw damaged_record(meta, key, "the record is missing");
  return parse_number(key, *text);
}

std::uint64_t parse_number(std::string_view key, std::string_view text) {
  std::uint64_t number = 0;
  auto const* const last = text.data() + text.size();
  auto const [end, code] = std::from_chars(text.data(), last, number);
  if (code != std::errc() || end != last) throw damaged_record(meta, key, "not a number");
  return number;
}

} // namespace cfgd::store::layout_keys
