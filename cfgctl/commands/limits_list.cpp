/// limits: what the service refuses to exceed.
///
/// One list, in the order of core/limits.hpp. That no limit is missing, and none has another one's
/// value, is checked by tests/lint/limits.py, which knows the form of the rows.

#include "cfgctl/commands/limits_list.hpp"

#include "cfgctl/commands/commands.hpp"
#include "cfgctl/text/figures_text.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/text/table.hpp"
#include "cfgctl/commands/values.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace cfgd::cfgctl {
namespace {

std::string_view unit_of(limit_line const& one) {
  if (std::holds_alternative<std::chrono::milliseconds>(one.value)) return "ms";
  return one.name.ends_with("_bytes") ? "bytes" : "";
}

std::string value_of(limit_line const& one) {
  if (auto const* const time = std::get_if<std::chrono::milliseconds>(&one.value)) {
    return whole_text(*time);
  }
  auto const number = std::get<std::size_t>(one.value);
  return unit_of(one) == "bytes" ? bytes_text(number) : grouped(number);
}

} // namespace

std::vector<limit_line> limit_lines(limits const& from) {
  return {
      {"file_bytes", from.file_bytes, "one file"},
      {"file_depth", from.file_depth, "how deep a file is nested"},
      {"file_elements", from.file_elements, "members and elements of one file"},
      {"source_files", from.source_files, "files, in all layers"},
      {"watched_directories", from.watched_directories, "watched by inotify; others are polled"},
      {"key_bytes", limits::key_bytes, "a dotted key"},
      {"value_bytes", from.value_bytes, "the value of one key in a Set"},
      {"namespace_bytes", from.namespace_bytes, "one namespace"},
      {"connections", from.connections, "connections, in all"},
      {"connections_per_uid", from.connections_per_uid, "connections of one user"},
      {"connections_of_root", from.connections_of_root, "connections of root"},
      {"frame_bytes", from.frame_bytes, "one request"},
      {"request_depth", from.request_depth, "how deep a request is nested"},
      {"request_elements", from.request_elements, "members and elements of one request"},
      {"pipelined_calls", from.pipelined_calls, "answered in one turn before others get theirs"},
      {"partial_frame", from.partial_frame, "from the first byte of a request to its last"},
      {"comment_bytes", from.comment_bytes, "the comment of a change"},
      {"reply_bytes", from.reply_bytes, "one reply"},
      {"reply_batch_bytes", from.reply_batch_bytes, "one of the replies of a List, about"},
      {"queue_soft_bytes", from.queue_soft_bytes, "replies that wait; streams pause above it"},
      {"queue_hard_bytes", from.queue_hard_bytes,
       "replies that wait; the connection is closed above it"},
      {"queue_stalled", from.queue_stalled, "closed when nothing was taken for so long"},
      {"watch_prefixes", from.watch_prefixes, "prefixes of one Watch"},
      {"schema_steps", from.schema_steps, "subschemas looked at for one document"},
      {"pattern_steps", from.pattern_steps, "steps of one match of a pattern"},
      {"rule_instructions", from.rule_instructions, "instructions of one rule"},
      {"rule_bytes", from.rule_bytes, "memory of one rule"},
      {"issues", from.issues, "told of one refusal"},
      {"pending_changes", from.pending_changes, "changes that end by themselves, in all"},
      {"pending_change_time", from.pending_change_time, "until such a change ends"},
      {"edit_time", from.edit_time, "an edit of several files, unless it says another time"},
      {"store_bytes", from.store_bytes, "the store; the setting store.maximum_bytes"},
      {"history_revisions", from.history_revisions,
       "kept at least; the setting store.history_revisions"},
      {"history_age", from.history_age, "kept at least; the setting store.history_hours"},
      {"history_bytes", from.history_bytes,
       "history kept at the most, about; the setting store.history_bytes"},
      {"cache_bytes", from.cache_bytes, "the cache; the setting cache.maximum_bytes"},
  };
}

std::string limits_text(screen const& where, limits const& from) {
  table out({{.title = "LIMIT", .side = alignment::left, .may_be_cut = false},
             {.title = "VALUE", .side = alignment::right, .may_be_cut = false},
             {.title = "OF", .side = alignment::left, .may_be_cut = true}});
  for (limit_line const& one : limit_lines(from)) {
    out.add({{.text = std::string(one.name), .color = tint::name},
             {.text = value_of(one), .color = tint::plain},
             {.text = std::string(one.meaning), .color = tint::plain}});
  }
  return out.str(where);
}

boost::json::value limits_json(limits const& from) {
  boost::json::array list;
  for (limit_line const& one : limit_lines(from)) {
    boost::json::object row{{"name", one.name}};
    if (auto const* const time = std::get_if<std::chrono::milliseconds>(&one.value)) {
      row["value"] = static_cast<std::int64_t>(time->count());
    } else {
      row["value"] = static_cast<std::int64_t>(std::get<std::size_t>(one.value));
    }
    if (!unit_of(one).empty()) row["unit"] = unit_of(one);
    row["meaning"] = one.meaning;
    list.push_back(std::move(row));
  }
  return boost::json::object{{"limits", std::move(list)}};
}

exit_code run(context const& all, limits_command const&) {
  limits const ours;
  bool const as_json = all.asked.format == output_format::json;
  print(as_json ? json_text(all.where, limits_json(ours)) : limits_text(all.where, ours));
  return exit_code::ok;
}

} // namespace cfgd::cfgctl
