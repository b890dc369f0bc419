#include "store/record_codec.hpp"

#include "core/json.hpp"
#include "engine/stored_text.hpp"
#include "store/layout_keys.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

// One writer and one reader for each kind of record, side by side. Sources and changes can also be
// read in the first format, because a store of that format is upgraded when it is opened.
//
// History is searched far more often than it is shown, so a change can be viewed in its record: its
// keys are found by their lengths, and its values are not copied.

namespace cfgd::store {
namespace {

void write_identity(record_writer& out, file_identity const& identity) {
  out.u64(identity.device);
  out.u64(identity.inode);
  out.u64(identity.size);
  out.i64(identity.modified_ns);
  out.i64(identity.changed_ns);
}

file_identity read_identity(record_reader& in) {
  file_identity identity;
  identity.device = in.u64();
  identity.inode = in.u64();
  identity.size = in.u64();
  identity.modified_ns = in.i64();
  identity.changed_ns = in.i64();
  return identity;
}

/// One byte, 0 or 1; any other value counts as 1.
bool read_flag(record_reader& in) { return in.u8() != 0; }

void write_flag(record_writer& out, bool set) { out.u8(set ? 1 : 0); }

/// An override layer: its document, then its keys with their setters.
void write_layer(record_writer& out, override_record const& record) {
  write_object(out, record.document());
  out.u32(static_cast<std::uint32_t>(record.keys().size()));
  record.keys().visit([&out](override_record::table::entry const& one) {
    out.text(one.first.str());
    write_override_origin(out, one.second.by);
    return true;
  });
}

using entries = std::map<key, engine::override_entry>;

/// The value of a path in a layer, which may be null; a null pointer: it says nothing about it.
boost::json::value const* find_exactly(boost::json::object const& in,
                                       std::span<std::string const> path) {
  auto const* object = &in;
  boost::json::value const* found = nullptr;
  for (auto const& part : path) {
    found = object == nullptr ? nullptr : object->if_contains(part);
    if (found == nullptr) return nullptr;
    object = found->if_object();
  }
  return found;
}

/// Gives the leaves of a layer that no key of it covers keys of their own: another program may have
/// forgotten them.
void cover(entries& all, key const& at, boost::json::value const& value) {
  if (all.contains(at)) return;
  auto const* const object = value.if_object();
  if (object != nullptr && !object->empty()) {
    for (auto const& member : *object)
      cover(all, at.child(member.key()), member.value());
    return;
  }
  engine::override_origin by;
  by.from.where = cfgd::layer::overrides;
  all.emplace(at, engine::override_entry{std::move(by), value});
}

std::shared_ptr<override_record const> read_layer(record_reader& in, std::string const& name) {
  boost::json::value const document(read_object(in));
  entries all;
  for (auto keys = in.u32(); keys > 0; --keys) {
    auto which = engine::parse_stored_key(in.text());
    if (!which) in.fail(which.error().message);
    auto by = read_override_origin(in);
    auto const* const value =
        which->path().empty() ? &document : find_exactly(document.get_object(), which->path());
    // Without keys that the document does not have, which would become nulls.
    if (value != nullptr)
      all.insert_or_assign(std::move(*which), engine::override_entry{std::move(by), *value});
  }
  if (!document.get_object().empty()) cover(all, key(std::vector{name}), document);
  return engine::make_overrides({all.begin(), all.end()});
}

void write_optional_layer(record_writer& out, override_record const* record) {
  write_flag(out, record != nullptr);
  if (record != nullptr) write_layer(out, *record);
}

/// The files that the keys of a change came from; only in changes with several origins.
void read_files(record_reader& in, change_view& seen) {
  auto files = in.u32();
  if (files == 0) in.fail("no files");
  for (; files > 0; --files)
    seen.files.push_back(read_origin(in));
  for (auto& one : seen.keys) {
    one.file = in.u32();
    one.at = read_place(in);
    if (one.file > seen.files.size()) in.fail("unknown origin of a key");
  }
}

std::shared_ptr<override_record const> read_optional_layer(record_reader& in,
                                                           std::string const& name) {
  return read_flag(in) ? read_layer(in, name) : nullptr;
}

} // namespace

void write_source(record_writer& out, source_record const& record) {
  auto const& row = record.row;
  out.text(row.path);
  write_identity(out, row.identity);
  for (auto const byte : row.hash)
    out.u8(byte);
  out.u8(static_cast<std::uint8_t>(row.status));
  write_flag(out, row.is_effective);
  out.u64(row.revision);
  write_flag(out, row.why.has_value());
  if (row.why) write_error(out, *row.why);
  write_content(out, record.document);
  write_flag(out, record.removed);
  write_flag(out, record.refused.has_value());
  if (!record.refused) return;
  write_error(out, record.refused->why);
  out.text(record.refused->bytes);
  write_flag(out, record.refused->document.has_value());
  if (record.refused->document) write_document(out, *record.refused->document);
  out.u64(record.refused->edit);
}

source_record read_source(record_reader& in, source_id id, record_format written,
                          canonical::shared_text const& same) {
  source_record record;
  record.row.id = std::move(id);
  record.row.path = in.text();
  record.row.identity = read_identity(in);
  for (auto& byte : record.row.hash)
    byte = in.u8();
  auto const status = in.u8();
  if (status > static_cast<std::uint8_t>(source_status::untrusted))
    in.fail("unknown state of a source");
  record.row.status = static_cast<source_status>(status);
  record.row.is_effective = read_flag(in);
  record.row.revision = in.u64();
  if (read_flag(in)) record.row.why = read_error(in, written);
  record.document = read_content(in, record.row.id.what, same);
  // The notes of an active source are kept where the reason of another one is.
  if (record.row.status == source_status::active && record.row.why)
    record.document.notes = record.row.why->issues;
  if (written != record_format::first) record.removed = read_flag(in);
  if (read_flag(in)) {
    auto& refused = record.refused.emplace(engine::source_record::refusal{});
    refused.why = read_error(in, written);
    refused.bytes = in.text();
    if (written != record_format::first && read_flag(in)) refused.document = read_document(in);
    if (written != record_format::first) refused.edit = in.u64();
  }
  in.end();
  return record;
}

void write_override(record_writer& out, override_value const& what) {
  write_override_origin(out, what.set.by);
  out.text(what.key_text);
  json::append_canonical(out.buffer(), what.set.value);
}

std::pair<key, engine::override_entry> read_override(record_reader& in,
                                                     std::string_view record_key) {
  engine::override_entry found{.by = read_override_origin(in), .value = {}};
  std::string text(in.text());
  if (text.empty()) {
    text = record_key;
    auto const name = layout_keys::namespace_of_override(record_key).size();
    if (name + 1 < text.size())
      text[name] = '.';
    else
      text.resize(name);
  }
  auto which = engine::parse_stored_key(text);
  if (!which) in.fail(which.error().message);
  // Also a key that is not written as key::str() writes it: nothing would find its record.
  if (layout_keys::encode_override(which->str()) != record_key) in.fail("it is of another key");
  auto value = engine::parse_stored_value(in.rest());
  if (!value) in.fail(value.error().message);
  if (which->path().empty() && !value->is_object()) in.fail("the namespace is not an object");
  found.value = std::move(*value);
  return {std::move(*which), std::move(found)};
}

void override_collector::add(lmdb::entry const& entry, key_ring const* keys) {
  record_reader fields(layout_keys::overrides, entry, keys);
  auto one = read_override(fields, entry.key);
  found_[one.first.name_space()].push_back(std::move(one));
}

std::map<std::string, std::shared_ptr<override_record const>, std::less<>>
override_collector::finish() {
  std::map<std::string, std::shared_ptr<override_record const>, std::less<>> all;
  for (auto& [name, entries] : found_) {
    std::ranges::sort(entries, {}, [](auto const& one) -> key const& { return one.first; });
    all.emplace(name, engine::make_overrides(entries));
  }
  return all;
}

std::shared_ptr<override_record const> read_overrides(record_reader& in, std::string const& name) {
  auto record = read_layer(in, name);
  in.end();
  return record;
}

void write_effective(record_writer& out, effective const& value) {
  out.u64(value.revision);
  out.rest(*value.text);
}

effective read_effective(record_reader& in, std::string_view name_space) {
  effective value{.name_space = std::string(name_space), .revision = in.u64()};
  // Not parsed: the check sum protects it, and a start need not parse every value.
  value.text = std::make_shared<std::string const>(in.rest());
  if (value.text->empty() || value.text->front() != '{') in.fail("the value is not an object");
  return value;
}

void write_change(record_writer& out, change const& record) {
  write_time(out, record.time);
  write_origin(out, record.from);
  out.text(record.comment);
  out.u32(static_cast<std::uint32_t>(record.keys.size()));
  for (auto const& one : record.keys) {
    out.text(one.key);
    out.text(one.before);
    out.text(one.after);
    write_flag(out, one.secret);
  }
  write_issues(out, record.warnings);
  if (record.files.empty()) return;
  out.u32(static_cast<std::uint32_t>(record.files.size()));
  for (auto const& file : record.files)
    write_origin(out, file);
  for (auto const& one : record.keys) {
    out.u32(one.file);
    write_place(out, one.at);
  }
}

change_view view_change(record_reader& in, revision_number revision, record_format written) {
  change_view seen{.revision = revision, .time = read_change_time(in)};
  seen.from = read_origin(in);
  seen.comment = in.text();
  for (auto keys = in.u32(); keys > 0; --keys) {
    auto& one = seen.keys.emplace_back();
    one.key = in.text();
    one.before = in.text();
    one.after = in.text();
    if (written != record_format::first) one.secret = read_flag(in);
  }
  if (written != record_format::first) seen.warnings = read_issues(in);
  if (in.has_more()) read_files(in, seen);
  in.end();
  return seen;
}

std::shared_ptr<change const> read_change(record_reader& in, revision_number revision,
                                          record_format written) {
  auto seen = view_change(in, revision, written);
  auto record = std::make_shared<change>();
  record->revision = revision;
  record->time = seen.time;
  record->from = std::move(seen.from);
  record->comment = seen.comment;
  record->keys.reserve(seen.keys.size());
  for (auto const& one : seen.keys)
    record->keys.push_back({.key = std::string(one.key),
                            .before = std::string(one.before),
                            .after = std::string(one.after),
                            .secret = one.secret,
                            .file = one.file,
                            .at = one.at});
  record->warnings = std::move(seen.warnings);
  record->files = std::move(seen.files);
  return record;
}

wall_time read_change_time(record_reader& in) { return read_time(in); }

void write_pending(record_writer& out, pending_record const& record) {
  out.u8(static_cast<std::uint8_t>(record.what.what));
  write_time(out, record.what.deadline);
  write_origin(out, record.what.from);
  out.text(record.what.comment);
  out.u32(static_cast<std::uint32_t>(record.what.keys.size()));
  for (auto const& one : record.what.keys)
    out.text(one);
  out.u32(static_cast<std::uint32_t>(record.layers.size()));
  for (auto const& [name, layer] : record.layers) {
    out.text(name);
    write_optional_layer(out, layer.before.get());
    write_optional_layer(out, layer.after.get());
  }
}

pending_record read_pending(record_reader& in, revision_number revision) {
  pending_record record;
  record.what.revision = revision;
  auto const kind = in.u8();
  if (kind > static_cast<std::uint8_t>(expiry::kind::applied))
    in.fail("unknown kind of pending change");
  record.what.what = static_cast<expiry::kind>(kind);
  record.what.deadline = read_time(in);
  record.what.from = read_origin(in);
  record.what.comment = in.text();
  for (auto keys = in.u32(); keys > 0; --keys)
    record.what.keys.emplace_back(in.text());
  for (auto layers = in.u32(); layers > 0; --layers) {
    std::string name(in.text());
    if (!is_namespace_name(name)) in.fail("not a valid namespace name");
    auto& layer = record.layers[name];
    layer.before = read_optional_layer(in, name);
    layer.after = read_optional_layer(in, name);
  }
  in.end();
  return record;
}

} // namespace cfgd::store
