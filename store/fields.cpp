#include "store/fields.hpp"

#include "core/json.hpp"
#include "engine/stored_text.hpp"

#include <chrono>
#include <tuple>
#include <utility>

// Parts of records: times, origins, issues, errors, documents. Documents are JSON text: exact
// readers and writers exist already, also for other programs. The members of a source keep the
// order of its file, because its places are counted in that order.
//
// Everything read is validated: another program may have written it, and a fault in that program
// must not crash the daemon later.

namespace cfgd::store {
namespace {

enum origin_fields : std::uint8_t { has_uid = 1, has_gid = 2, has_pid = 4, is_soft = 8 };

void write_marked(record_writer& out, origin const& from, unsigned mark) {
  out.u8(static_cast<std::uint8_t>(from.where));
  out.text(from.path);
  write_place(out, from.at);
  if (from.uid) mark |= has_uid;
  if (from.gid) mark |= has_gid;
  if (from.pid) mark |= has_pid;
  out.u8(static_cast<std::uint8_t>(mark));
  out.u32(from.uid.value_or(0));
  out.u32(from.gid.value_or(0));
  out.u32(static_cast<std::uint32_t>(from.pid.value_or(0)));
  out.text(from.unit);
  out.u64(from.revision);
}

struct marked_origin {
  origin from;
  std::uint8_t fields = 0; ///< origin_fields
};

marked_origin read_marked(record_reader& in) {
  marked_origin out;
  auto& from = out.from;
  auto const where = in.u8();
  if (where > static_cast<std::uint8_t>(layer::overrides)) in.fail("unknown layer");
  from.where = static_cast<layer>(where);
  from.path = in.text();
  from.at = read_place(in);
  out.fields = in.u8();
  auto const uid = in.u32();
  auto const gid = in.u32();
  auto const pid = in.u32();
  if ((out.fields & has_uid) != 0) from.uid = uid;
  if ((out.fields & has_gid) != 0) from.gid = gid;
  if ((out.fields & has_pid) != 0) from.pid = static_cast<pid_t>(pid);
  from.unit = in.text();
  from.revision = in.u64();
  return out;
}

issue read_issue(record_reader& in) {
  issue one;
  auto const how = in.u8();
  if (how > static_cast<std::uint8_t>(severity::warning)) in.fail("unknown severity");
  one.how = static_cast<severity>(how);
  one.rule = in.text();
  one.key = in.text();
  one.pointer = in.text();
  one.message = in.text();
  one.path = in.text();
  one.where = read_place(in);
  return one;
}

} // namespace

void write_time(record_writer& out, wall_time time) { out.i64(time.time_since_epoch().count()); }

wall_time read_time(record_reader& in) { return wall_time(std::chrono::milliseconds(in.i64())); }

void write_place(record_writer& out, place at) {
  out.u32(at.line);
  out.u32(at.column);
}

place read_place(record_reader& in) {
  place at;
  at.line = in.u32();
  at.column = in.u32();
  return at;
}

void write_origin(record_writer& out, origin const& from) { write_marked(out, from, 0); }

origin read_origin(record_reader& in) { return read_marked(in).from; }

// Versions before soft overrides ignore the mark.
void write_override_origin(record_writer& out, engine::override_origin const& by) {
  write_time(out, by.time);
  write_marked(out, by.from, by.is_soft ? unsigned{is_soft} : 0U);
}

engine::override_origin read_override_origin(record_reader& in) {
  auto const time = read_time(in);
  auto marked = read_marked(in);
  return {.from = std::move(marked.from),
          .time = time,
          .is_soft = (marked.fields & origin_fields::is_soft) != 0};
}

void write_issues(record_writer& out, std::vector<issue> const& all) {
  out.u32(static_cast<std::uint32_t>(all.size()));
  for (auto const& one : all) {
    out.u8(static_cast<std::uint8_t>(one.how));
    out.text(one.rule);
    out.text(one.key);
    out.text(one.pointer);
    out.text(one.message);
    out.text(one.path);
    write_place(out, one.where);
  }
}

std::vector<issue> read_issues(record_reader& in) {
  std::vector<issue> all;
  for (auto issues = in.u32(); issues > 0; --issues)
    all.push_back(read_issue(in));
  return all;
}

void write_error(record_writer& out, error const& why) {
  out.text(to_string(why.code));
  out.text(why.message);
  out.text(why.subject);
  write_place(out, why.where);
  out.u64(why.used);
  out.u64(why.maximum);
  write_issues(out, why.issues);
}

error read_error(record_reader& in, record_format written) {
  error why;
  auto const name = in.text();
  auto code = errc::bad_key;
  while (name != to_string(code)) {
    if (code == errc::closed) in.fail("unknown kind of error");
    code = static_cast<errc>(static_cast<std::uint8_t>(code) + 1);
  }
  why.code = code;
  why.message = in.text();
  why.subject = in.text();
  why.where = read_place(in);
  why.used = in.u64();
  why.maximum = in.u64();
  if (written != record_format::first) why.issues = read_issues(in);
  return why;
}

void write_object(record_writer& out, boost::json::object const& what) {
  // Written member by member, because a JSON value of the object would be a copy of it.
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

boost::json::object read_object(record_reader& in) {
  auto parsed = engine::parse_stored_value(in.text());
  if (!parsed) in.fail(parsed.error().message);
  if (!parsed->is_object()) in.fail("the document is not an object");
  return std::move(parsed->get_object());
}

namespace {

void write_places(record_writer& out, std::vector<place> const& all) {
  out.u32(static_cast<std::uint32_t>(all.size()));
  for (auto const& at : all)
    write_place(out, at);
}

std::vector<place> read_places(record_reader& in) {
  std::vector<place> all;
  for (auto places = in.u32(); places > 0; --places)
    all.push_back(read_place(in));
  return all;
}

} // namespace

void write_document(record_writer& out, sourced_document const& document) {
  write_object(out, document.root);
  write_places(out, document.places);
}

sourced_document read_document(record_reader& in) {
  sourced_document document;
  document.root = read_object(in);
  document.places = read_places(in);
  return document;
}

void write_content(record_writer& out, engine::source_content const& content) {
  if (!content.text()) return write_document(out, *content.read());
  out.text(*content.text());
  write_places(out, content.places());
}

engine::source_content read_content(record_reader& in, source_kind what,
                                    canonical::shared_text const& same) {
  bool const is_same = what == source_kind::values && same && in.next_text() == *same;
  if (!is_same) return {what, read_document(in)};
  std::ignore = in.text();
  return {same, read_places(in)};
}

} // namespace cfgd::store
