/// Reading the replies of io.cfgd.History. decode.cpp tells how replies are read.

#include "client/detail/decode.hpp"
#include "client/detail/fields.hpp"

namespace cfgd::client::detail {
namespace {

boost::json::object object_or_none(boost::json::object const* from) {
  return from != nullptr ? *from : boost::json::object();
}

std::optional<change> read_change(boost::json::value const& from) {
  auto const* const inner = from.if_object();
  if (inner == nullptr) return {};
  fields own(*inner);
  change out;
  out.revision = own.revision();
  out.time = own.text("time");
  auto const* const where = own.optional_object("origin");
  if (where == nullptr) return {};
  out.from = read_origin(*where, own);
  out.pid = own.optional_count("pid");
  out.unit = own.optional_text("unit");
  out.comment = own.optional_text("comment");
  out.created = own.optional_names("created");
  out.updated = own.optional_names("updated");
  out.deleted = own.optional_names("deleted");
  out.before = object_or_none(own.optional_object("before"));
  out.after = object_or_none(own.optional_object("after"));
  out.warnings = decode_issues(*inner, "warnings");
  if (!own.complete()) return {};
  return out;
}

std::optional<blame_line> read_line(boost::json::value const& from) {
  auto const* const inner = from.if_object();
  if (inner == nullptr) return {};
  fields own(*inner);
  blame_line out;
  out.key = own.text("key");
  out.value = only_value(own.optional_object("values"));
  auto const* const where = own.optional_object("origin");
  if (where == nullptr) return {};
  out.from = read_origin(*where, own);
  out.pid = own.optional_count("pid");
  out.unit = own.optional_text("unit");
  out.time = own.optional_text("time");
  out.comment = own.optional_text("comment");
  if (!own.complete()) return {};
  return out;
}

} // namespace

result<change_log> decode_log(boost::json::object&& from) {
  fields own(from);
  change_log out;
  out.changes = read_list(own.list("changes"), "changes", own, read_change);
  out.oldest = own.revision("oldest");
  return finish(own, std::move(out));
}

result<difference> decode_difference(boost::json::object&& from) {
  fields own(from);
  difference out;
  out.before = take_object(from, "before", own);
  out.after = take_object(from, "after", own);
  return finish(own, std::move(out));
}

result<past_values> decode_past_values(boost::json::object&& from) {
  fields own(from);
  past_values out;
  out.missing = own.optional_names("missing");
  out.values = take_object(from, "values", own);
  return finish(own, std::move(out));
}

result<std::vector<blame_line>> decode_blame(boost::json::object&& from) {
  fields own(from);
  auto out = read_list(own.list("lines"), "lines", own, read_line);
  return finish(own, std::move(out));
}

result<revision_number> decode_oldest(boost::json::object&& from) {
  fields own(from);
  return finish(own, own.revision("oldest"));
}

} // namespace cfgd::client::detail
