/// Reading replies.
///
/// A newer service may send more fields and an older one may leave out optional ones, so a reply is
/// read by asking for what is wanted, never by walking over what is there. `fields` remembers the
/// first field that was needed and not found: the functions below read all of a reply in straight
/// lines and ask once at the end.

#include "client/detail/decode.hpp"

#include "client/detail/fields.hpp"

#include <utility>

namespace cfgd::client {

std::optional<refusal> refusal_of(call_error const& why) {
  if (why.kind != failure::refused) return {};
  if (why.name != "io.cfgd.Config.Invalid" && why.name != "io.cfgd.History.Invalid") return {};
  refusal out;
  out.issues = detail::decode_issues(why.parameters, "issues");
  out.more = detail::fields(why.parameters).optional_count("more").value_or(0);
  return out;
}

namespace detail {
namespace {

std::optional<candidate> read_candidate(boost::json::value const& from) {
  auto const* const inner = from.if_object();
  if (inner == nullptr) return {};
  fields own(*inner);
  auto const* const where = own.optional_object("origin");
  if (where == nullptr) return {};
  candidate out;
  out.from = read_origin(*where, own);
  out.value = only_value(own.optional_object("values"));
  if (!own.complete()) return {};
  return out;
}

} // namespace

origin read_origin(boost::json::object const& from, fields& told) {
  fields own(from);
  origin out;
  out.layer = own.text("layer");
  out.path = own.optional_text("path");
  out.line = own.optional_count("line");
  out.column = own.optional_count("column");
  out.uid = own.optional_count("uid");
  out.revision = own.revision();
  out.gid = own.optional_count("gid");
  out.pid = own.optional_count("pid");
  out.unit = own.optional_text("unit");
  out.time = own.optional_text("time");
  if (!own.complete()) told.miss("origin");
  return out;
}

std::optional<issue> read_issue(boost::json::value const& from) {
  auto const* const inner = from.if_object();
  if (inner == nullptr) return {};
  fields own(*inner);
  issue out;
  out.severity = own.text("severity");
  out.rule = own.text("rule");
  out.key = own.optional_text("key");
  out.pointer = own.optional_text("pointer");
  out.message = own.text("message");
  out.path = own.optional_text("path");
  out.line = own.optional_count("line");
  out.column = own.optional_count("column");
  if (!own.complete()) return {};
  return out;
}

std::optional<pending_change> read_pending(boost::json::value const& from) {
  auto const* const inner = from.if_object();
  if (inner == nullptr) return {};
  fields own(*inner);
  pending_change out;
  out.revision = own.revision();
  out.kind = own.text("kind");
  out.deadline = own.text("deadline");
  out.keys = own.optional_names("keys");
  out.uid = own.optional_count("uid");
  out.comment = own.optional_text("comment");
  if (!own.complete()) return {};
  return out;
}

result<snapshot> decode_snapshot(boost::json::object&& from) {
  fields own(from);
  snapshot out;
  out.missing = own.optional_names("missing");
  out.revision = own.revision();
  out.values = take_object(from, "values", own);
  return finish(own, std::move(out));
}

result<explanation> decode_explanation(boost::json::object&& from) {
  fields own(from);
  explanation out;
  out.value = only_value(own.optional_object("values"));
  out.candidates = read_list(own.list("candidates"), "candidates", own, read_candidate);
  if (auto const* schema = own.optional_object("schema")) out.schema = *schema;
  out.secret = own.flag("secret");
  out.writable = own.flag("writable");
  out.revision = own.revision();
  return finish(own, std::move(out));
}

result<commit> decode_commit(boost::json::object&& from) {
  fields own(from);
  commit out;
  out.revision = own.revision();
  out.changed = own.optional_names("changed");
  out.warnings = decode_issues(from, "warnings");
  out.deadline = own.optional_text("deadline");
  return finish(own, std::move(out));
}

result<watch_event> decode_watch_event(boost::json::object&& from) {
  fields own(from);
  watch_event out;
  out.removed = own.optional_names("removed");
  out.revision = own.revision();
  out.ready = own.optional_flag("ready");
  out.resync = own.optional_flag("resync");
  if (auto const* who = own.optional_object("origin")) out.from = read_origin(*who, own);
  out.values = take_object(from, "values", own);
  return finish(own, std::move(out));
}

result<validation> decode_validation(boost::json::object&& from) {
  fields own(from);
  validation out;
  out.valid = own.flag("valid");
  out.issues = decode_issues(from, "issues");
  return finish(own, std::move(out));
}

result<std::vector<pending_change>> decode_pending(boost::json::object&& from) {
  fields own(from);
  auto out = read_list(own.list("pending"), "pending", own, read_pending);
  return finish(own, std::move(out));
}

result<edit_outcome> decode_edit_outcome(boost::json::object&& from) {
  fields own(from);
  edit_outcome out;
  out.revision = own.revision();
  out.changed = own.optional_names("changed");
  out.issues = decode_issues(from, "issues");
  return finish(own, std::move(out));
}

result<revision_number> decode_revision(boost::json::object&& from) {
  fields own(from);
  return finish(own, own.revision());
}

result<std::int64_t> decode_count(boost::json::object&& from, std::string_view field) {
  fields own(from);
  auto const found = own.count(field);
  return finish(own, std::int64_t(found));
}

result<std::string> decode_text(boost::json::object&& from, std::string_view field) {
  fields own(from);
  auto found = own.text(field);
  return finish(own, std::move(found));
}

result<std::vector<std::string>> decode_names(boost::json::object&& from, std::string_view field) {
  fields own(from);
  auto found = own.names(field);
  return finish(own, std::move(found));
}

std::vector<issue> decode_issues(boost::json::object const& from, std::string_view field) {
  fields own(from);
  std::vector<issue> out;
  for (auto const& element : own.optional_list(field)) {
    if (auto one = read_issue(element)) out.push_back(std::move(*one));
  }
  return out;
}

result<void> decode_nothing(boost::json::object&& from) {
  from.clear(); // whatever a newer service says
  return {};
}

} // namespace detail
} // namespace cfgd::client
