#include "store/layout.hpp"

#include "store/record_codec.hpp"

#include <charconv>
#include <random>

// Which database holds what, and under which keys:
//
//   meta       text            decimal numbers and words, as text
//   sources    "LAYER/PATH"    one source
//   overrides  namespace       its override layer
//   effective  namespace       its effective value and revision
//   changes    8 bytes, the revision in big-endian, so that key order is time order
//
// The frame of records and the record "format" of meta stay as they are in all formats to come, so
// that each cfgd can tell a store that is too new for it.

namespace cfgd::store {
namespace {

constexpr char const* meta_name = "meta";
constexpr char const* sources_name = "sources";
constexpr char const* overrides_name = "overrides";
constexpr char const* effective_name = "effective";
constexpr char const* changes_name = "changes";

/// The first cfgd that reads this format.
constexpr std::string_view first_version = "0.1.0";

std::string encode_revision(revision_number revision) {
  std::string key(sizeof revision, '\0');
  for (auto byte = key.rbegin(); byte != key.rend(); ++byte, revision >>= 8)
    *byte = static_cast<char>(revision & 0xFF);
  return key;
}

revision_number decode_revision(lmdb::entry const& entry) {
  revision_number revision = 0;
  if (entry.key.size() != sizeof revision)
    throw damaged_record(changes_name, entry.key, "its key is no revision");
  for (char const byte : entry.key)
    revision = revision << 8 | static_cast<std::uint8_t>(byte);
  return revision;
}

source_id decode_source(lmdb::entry const& entry) {
  auto const slash = entry.key.find('/');
  auto const where = parse_layer(entry.key.substr(0, slash));
  if (slash == entry.key.npos || !where)
    throw damaged_record(sources_name, entry.key, "its key names no source");
  source_id id{.where = *where, .relative = std::string(entry.key.substr(slash + 1))};
  if (!namespace_of(id)) throw damaged_record(sources_name, entry.key, "its key names no source");
  return id;
}

void put_meta(lmdb::write_transaction& in, lmdb::database meta, std::string_view key,
              std::string_view value) {
  record_writer record;
  record.rest(value);
  in.put(meta, key, record.finish(key));
}

std::optional<std::string> get_meta(lmdb::transaction& in, lmdb::database meta,
                                    std::string_view key) {
  auto const found = in.get(meta, key);
  if (!found) return std::nullopt;
  return std::string(record_reader(meta_name, {key, *found}).rest());
}

std::uint64_t get_number(lmdb::transaction& in, lmdb::database meta, std::string_view key) {
  auto const text = get_meta(in, meta, key);
  if (!text) throw damaged_record(meta_name, key, "it is missing");
  std::uint64_t number = 0;
  auto const [end, code] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (code != std::errc() || end != text->data() + text->size())
    throw damaged_record(meta_name, key, "it is no number");
  return number;
}

std::string make_store_id() {
  std::random_device source;
  std::string id;
  for (int digit = 0; digit < 32; ++digit)
    id.push_back("0123456789abcdef"[source() & 0xF]);
  return id;
}

template <class Visit>
void for_each(lmdb::transaction& in, lmdb::database over, Visit visit) {
  lmdb::cursor at(in, over);
  for (auto entry = at.first(); entry; entry = at.next())
    visit(*entry);
}

namespace_state& state_of(model& all, std::string_view name_space) {
  auto& state = all.namespaces[std::string(name_space)];
  state.value.name_space = name_space;
  return state;
}

} // namespace

void layout::create(lmdb::write_transaction& in, wall_time now) {
  using enum lmdb::transaction::if_absent;
  auto const meta = in.open(meta_name, create);
  for (auto const* const name : {sources_name, overrides_name, effective_name, changes_name})
    in.open(name, create);
  put_meta(in, meta, "format", std::to_string(format));
  put_meta(in, meta, "needs", first_version);
  put_meta(in, meta, "revision", "0");
  put_meta(in, meta, "store_id", make_store_id());
  put_meta(in, meta, "created", std::to_string(now.time_since_epoch().count()));
}

result<void> layout::check_format(lmdb::transaction& in) {
  auto const meta = in.open(meta_name, lmdb::transaction::if_absent::fail);
  auto const found = get_number(in, meta, "format");
  if (found == format) return {};
  auto const needs = get_meta(in, meta, "needs");
  return error{.code = errc::invalid,
               .message = "the store has format " + std::to_string(found) +
                          ", this program reads format " + std::to_string(format) + "; version " +
                          needs.value_or("unknown") + " or newer is needed",
               .subject = in.directory().string()};
}

layout::layout(lmdb::transaction& in)
    : meta_(in.open(meta_name, lmdb::transaction::if_absent::fail)),
      sources_(in.open(sources_name, lmdb::transaction::if_absent::fail)),
      overrides_(in.open(overrides_name, lmdb::transaction::if_absent::fail)),
      effective_(in.open(effective_name, lmdb::transaction::if_absent::fail)),
      changes_(in.open(changes_name, lmdb::transaction::if_absent::fail)) {}

revision_number layout::revision(lmdb::transaction& in) const {
  return get_number(in, meta_, "revision");
}

model layout::load(lmdb::transaction& in) const {
  model all;
  all.revision = revision(in);
  for_each(in, sources_, [&all](lmdb::entry const& entry) {
    auto const id = decode_source(entry);
    record_reader fields(sources_name, entry);
    state_of(all, *namespace_of(id))
        .sources.emplace(id, std::make_shared<source_record const>(read_source(fields, id)));
  });
  for_each(in, overrides_, [&all](lmdb::entry const& entry) {
    if (!is_namespace_name(entry.key))
      throw damaged_record(overrides_name, entry.key, "its key is no namespace");
    record_reader fields(overrides_name, entry);
    state_of(all, entry.key).overrides =
        std::make_shared<override_record const>(read_overrides(fields));
  });
  for_each(in, effective_, [&all](lmdb::entry const& entry) {
    if (!is_namespace_name(entry.key))
      throw damaged_record(effective_name, entry.key, "its key is no namespace");
    record_reader fields(effective_name, entry);
    state_of(all, entry.key).value = read_effective(fields, entry.key);
  });
  return all;
}

void layout::write(lmdb::write_transaction& in, write_set const& what) const {
  for (auto const& [id, source] : what.sources) {
    auto const key = to_string(id);
    record_writer record;
    if (source) write_source(record, *source);
    if (source)
      in.put(sources_, key, record.finish(key));
    else
      in.erase(sources_, key);
  }
  for (auto const& [name, overrides] : what.overrides) {
    record_writer record;
    if (overrides) write_overrides(record, *overrides);
    if (overrides)
      in.put(overrides_, name, record.finish(name));
    else
      in.erase(overrides_, name);
  }
  for (auto const& value : what.effectives) {
    record_writer record;
    if (value.text) write_effective(record, value);
    if (value.text)
      in.put(effective_, value.name_space, record.finish(value.name_space));
    else
      in.erase(effective_, value.name_space);
  }
  for (auto const& one : what.changes) {
    auto const key = encode_revision(one->revision);
    record_writer record;
    write_change(record, *one);
    in.append(changes_, key, record.finish(key));
  }
  if (!what.changes.empty()) put_meta(in, meta_, "revision", std::to_string(what.revision));
}

void layout::touch(lmdb::write_transaction& in) const {
  put_meta(in, meta_, "revision", std::to_string(revision(in)));
}

history_slice layout::read_changes(lmdb::transaction& in, revision_number after,
                                   std::size_t maximum_bytes) const {
  history_slice out;
  out.newest = revision(in);
  lmdb::cursor at(in, changes_);
  auto const oldest = at.first();
  out.oldest = oldest ? decode_revision(*oldest) : out.newest + 1;
  if (after >= out.newest) return out;
  out.compacted = after + 1 < out.oldest;
  if (out.compacted) return out;
  std::size_t bytes = 0;
  for (auto entry = at.at_or_after(encode_revision(after + 1)); entry; entry = at.next()) {
    out.more = !out.changes.empty() && bytes + entry->value.size() > maximum_bytes;
    if (out.more) break;
    bytes += entry->value.size();
    record_reader fields(changes_name, *entry);
    out.changes.push_back(read_change(fields, decode_revision(*entry)));
  }
  return out;
}

std::size_t layout::trim(lmdb::write_transaction& in, kept_history const& keep) const {
  std::size_t erased = 0;
  auto const newest = revision(in);
  while (erased < keep.erased) {
    std::string key;
    {
      lmdb::cursor at(in, changes_);
      auto const oldest = at.first();
      if (!oldest || decode_revision(*oldest) + keep.revisions > newest) break;
      record_reader fields(changes_name, *oldest);
      if (read_change_time(fields) >= keep.since) break;
      key = oldest->key;
    }
    in.erase(changes_, key);
    ++erased;
  }
  return erased;
}

} // namespace cfgd::store
