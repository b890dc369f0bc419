#include "store/record_codec.hpp"

#include "core/json.hpp"

#include <limits>
#include <utility>

// One writer and one reader for each kind of record, side by side. Documents are JSON text: what
// reads and writes it exactly is there already, and a foreign program can do it too. A source's
// members keep the order of its file, for its places are counted in that order.
//
// What is read is checked as if a stranger had written it: a store may be written by another
// program, and one that errs must not bring the service down later.

namespace cfgd::store {
namespace {

enum origin_fields : std::uint8_t { has_uid = 1, has_gid = 2, has_pid = 4 };

wall_time to_time(std::int64_t milliseconds) {
  return wall_time(std::chrono::milliseconds(milliseconds));
}

std::int64_t to_number(wall_time time) { return time.time_since_epoch().count(); }

void write_origin(record_writer& out, origin const& from) {
  out.u8(static_cast<std::uint8_t>(from.where));
  out.text(from.path);
  out.u32(from.at.line);
  out.u32(from.at.column);
  out.u8(static_cast<std::uint8_t>((from.uid ? has_uid : 0) | (from.gid ? has_gid : 0) |
                                   (from.pid ? has_pid : 0)));
  out.u32(from.uid.value_or(0));
  out.u32(from.gid.value_or(0));
  out.u32(static_cast<std::uint32_t>(from.pid.value_or(0)));
  out.text(from.unit);
  out.u64(from.revision);
}

origin read_origin(record_reader& in) {
  origin from;
  auto const where = in.u8();
  if (where > static_cast<std::uint8_t>(layer::overrides)) in.fail("there is no such layer");
  from.where = static_cast<layer>(where);
  from.path = in.text();
  from.at.line = in.u32();
  from.at.column = in.u32();
  auto const fields = in.u8();
  auto const uid = in.u32();
  auto const gid = in.u32();
  auto const pid = in.u32();
  if ((fields & has_uid) != 0) from.uid = uid;
  if ((fields & has_gid) != 0) from.gid = gid;
  if ((fields & has_pid) != 0) from.pid = static_cast<pid_t>(pid);
  from.unit = in.text();
  from.revision = in.u64();
  return from;
}

void write_error(record_writer& out, error const& why) {
  out.text(to_string(why.code));
  out.text(why.message);
  out.text(why.subject);
  out.u32(why.where.line);
  out.u32(why.where.column);
  out.u64(why.used);
  out.u64(why.maximum);
}

error read_error(record_reader& in) {
  error why;
  auto const name = in.text();
  auto code = errc::bad_key;
  while (name != to_string(code)) {
    if (code == errc::closed) in.fail("there is no such kind of error");
    code = static_cast<errc>(static_cast<std::uint8_t>(code) + 1);
  }
  why.code = code;
  why.message = in.text();
  why.subject = in.text();
  why.where.line = in.u32();
  why.where.column = in.u32();
  why.used = in.u64();
  why.maximum = in.u64();
  return why;
}

void write_optional_error(record_writer& out, error const* why) {
  out.u8(why != nullptr ? 1 : 0);
  if (why != nullptr) write_error(out, *why);
}

boost::json::object read_object(record_reader& in, std::string_view text) {
  // What was let in was limited then; here the limits only keep the parser's stack.
  json::read_limits const bounds{.depth = 1024,
                                 .elements = std::numeric_limits<std::size_t>::max()};
  auto parsed = json::parse(text, json::dialect::strict, bounds);
  if (!parsed) in.fail(parsed.error().message);
  if (!parsed->is_object()) in.fail("the document is no object");
  return std::move(parsed->get_object());
}

void write_object(record_writer& out, boost::json::object const& what) {
  // The value borrows the object's memory for as long as it is written.
  auto const begun = out.begin_text();
  auto& text = out.buffer();
  text.push_back('{');
  for (auto const& member : what) {
    if (text.back() != '{') text.push_back(',');
    json::append_string(text, member.key());
    text.push_back(':');
    json::append_compact(text, member.value());
  }
  text.push_back('}');
  out.end_text(begun);
}

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

} // namespace

void write_source(record_writer& out, source_record const& record) {
  auto const& row = record.row;
  out.text(row.path);
  write_identity(out, row.identity);
  for (auto const byte : row.hash)
    out.u8(byte);
  out.u8(static_cast<std::uint8_t>(row.status));
  out.u8(row.in_force ? 1 : 0);
  out.u64(row.revision);
  write_optional_error(out, row.why ? &*row.why : nullptr);
  write_object(out, record.document.root);
  out.u32(static_cast<std::uint32_t>(record.document.places.size()));
  for (auto const& at : record.document.places) {
    out.u32(at.line);
    out.u32(at.column);
  }
  write_optional_error(out, record.refused ? &record.refused->why : nullptr);
  if (record.refused) out.text(record.refused->bytes);
}

source_record read_source(record_reader& in, source_id id) {
  source_record record;
  record.row.id = std::move(id);
  record.row.path = in.text();
  record.row.identity = read_identity(in);
  for (auto& byte : record.row.hash)
    byte = in.u8();
  auto const status = in.u8();
  if (status > static_cast<std::uint8_t>(source_status::untrusted))
    in.fail("there is no such state of a source");
  record.row.status = static_cast<source_status>(status);
  record.row.in_force = in.u8() != 0;
  record.row.revision = in.u64();
  if (in.u8() != 0) record.row.why = read_error(in);
  record.document.root = read_object(in, in.text());
  for (auto places = in.u32(); places > 0; --places) {
    auto const line = in.u32();
    record.document.places.push_back({.line = line, .column = in.u32()});
  }
  if (in.u8() != 0) {
    record.refused.emplace();
    record.refused->why = read_error(in);
    record.refused->bytes = in.text();
  }
  in.end();
  return record;
}

void write_overrides(record_writer& out, override_record const& record) {
  write_object(out, record.document);
  out.u32(static_cast<std::uint32_t>(record.keys.size()));
  for (auto const& [which, by] : record.keys) {
    out.text(which.str());
    out.i64(to_number(by.time));
    write_origin(out, by.from);
  }
}

override_record read_overrides(record_reader& in) {
  override_record record;
  record.document = read_object(in, in.text());
  for (auto keys = in.u32(); keys > 0; --keys) {
    auto which = key::parse(in.text());
    if (!which) in.fail(which.error().message);
    override_origin by;
    by.time = to_time(in.i64());
    by.from = read_origin(in);
    record.keys.insert_or_assign(std::move(*which), std::move(by));
  }
  in.end();
  return record;
}

void write_effective(record_writer& out, effective const& value) {
  out.u64(value.revision);
  out.rest(*value.text);
}

effective read_effective(record_reader& in, std::string_view name_space) {
  effective value{.name_space = std::string(name_space), .revision = in.u64(), .text = {}};
  value.text = std::make_shared<std::string const>(in.rest());
  if (value.text->empty() || value.text->front() != '{') in.fail("the value is no object");
  return value;
}

void write_change(record_writer& out, change const& record) {
  out.i64(to_number(record.time));
  write_origin(out, record.from);
  out.text(record.comment);
  out.u32(static_cast<std::uint32_t>(record.keys.size()));
  for (auto const& one : record.keys) {
    out.text(one.key);
    out.text(one.before);
    out.text(one.after);
  }
}

std::shared_ptr<change const> read_change(record_reader& in, revision_number revision) {
  auto record = std::make_shared<change>();
  record->revision = revision;
  record->time = read_change_time(in);
  record->from = read_origin(in);
  record->comment = in.text();
  for (auto keys = in.u32(); keys > 0; --keys) {
    auto& one = record->keys.emplace_back();
    one.key = in.text();
    one.before = in.text();
    one.after = in.text();
  }
  in.end();
  return record;
}

wall_time read_change_time(record_reader& in) { return to_time(in.i64()); }

} // namespace cfgd::store
