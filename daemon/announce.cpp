#include "daemon/announce.hpp"

#include "core/key.hpp"
#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "daemon/asker.hpp"
#include "daemon/line_text.hpp"
#include "daemon/problems/problems_report.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// Lines are for people, fields for machines: `journalctl CFGD_KEY=site.domain` is the audit trail
// of that key. The output is bounded: a line has one issue of schemas and rules, and each of the
// others is a field.

namespace cfgd {
namespace {

constexpr std::size_t named_keys = 5;
constexpr std::size_t usual_fields = 8;
/// A journal's entry has 1024 fields at most.
constexpr std::size_t key_fields = 512;
constexpr std::size_t key_field_bytes = 32 * std::size_t{1024};
constexpr std::size_t named_problems = 3;
/// Lines for the warnings of one change; what a change is refused for has one line and fields.
constexpr std::size_t warning_lines = 5;
constexpr std::size_t issue_fields = 20;
/// Lines for the values of one file change that have no effect.
constexpr std::size_t hidden_lines = 5;

void say(log::level severity, char const* id, std::string const& line,
         std::vector<log::field> fields) {
  fields.push_back({"MESSAGE_ID", id});
  log::write(severity, line, fields);
}

std::string describe(origin const& from) {
  if (!from.path.empty()) {
    std::string text = "'" + from.path + "'";
    if (from.at.line != 0) text += " line " + std::to_string(from.at.line);
    return text;
  }
  if (from.uid) return "uid " + std::to_string(*from.uid);
  return "the " + std::string(to_string(from.where)) + " layer";
}

/// Adds a field for each key and each namespace, as many as an entry of the journal can have.
void add_keys(std::vector<log::field>& fields, change const& what) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  std::string_view last;
  for (auto const& one : what.keys) {
    bytes += one.key.size();
    if (++count > key_fields || bytes > key_field_bytes) return;
    fields.push_back({"CFGD_KEY", one.key});
    auto const name = namespace_of(one.key);
    if (name != last) fields.push_back({"CFGD_NAMESPACE", std::string(name)});
    last = name;
  }
}

void announce_change(change const& what) {
  std::string line =
      "revision " + std::to_string(what.revision) + " from " + describe(what.from) + ':';
  for (std::size_t index = 0; index < std::min(named_keys, what.keys.size()); ++index)
    line.append(index == 0 ? " " : ", ").append(what.keys[index].key);
  if (what.keys.size() > named_keys)
    line += " and " + std::to_string(what.keys.size() - named_keys) + " more";

  std::vector<log::field> fields;
  fields.reserve(usual_fields);
  fields.push_back({"MESSAGE_ID", message_id::changed});
  fields.push_back({"CFGD_REVISION", std::to_string(what.revision)});
  add_keys(fields, what);
  if (!what.from.path.empty()) fields.push_back({"CFGD_PATH", what.from.path});
  if (what.from.at.line != 0) fields.push_back({"CFGD_LINE", std::to_string(what.from.at.line)});
  if (what.from.uid) fields.push_back({"CFGD_PEER_UID", std::to_string(*what.from.uid)});
  if (what.from.pid) fields.push_back({"CFGD_PEER_PID", std::to_string(*what.from.pid)});
  if (!what.from.unit.empty()) fields.push_back({"CFGD_UNIT", what.from.unit});
  log::write(log::level::notice, line, fields);
}

/// The first issue of the error, or its message.
std::string describe_why(engine::source_row const& row) {
  auto const& why = *row.why;
  if (why.issues.empty()) return why.message;
  auto const& first = why.issues.front();
  std::string text = first.message + " [" + first.rule + ']';
  if (!first.key.empty()) text = "'" + first.key + "': " + text;
  if (!first.path.empty() && first.path != row.path) {
    text += ", as '" + first.path + "' says";
    if (first.where.line != 0) text += " in line " + std::to_string(first.where.line);
  }
  auto const all = std::max<std::size_t>(why.issues.size(), why.used);
  if (all > 1) text += ", and " + std::to_string(all - 1) + " more";
  return text;
}

/// "'path':3:5: what is wrong", with the place where there is one. Some messages are about a file
/// on the way and name it themselves.
std::string describe_fault(engine::source_row const& row) {
  std::string text = "'" + row.path + "'";
  if (!row.why) return text;
  auto const at = place_of(row);
  bool const names_file = row.why->issues.empty() && row.why->message.starts_with("'/");
  if (names_file && at.line == 0) return row.why->message;
  if (at.line != 0) text += ":" + std::to_string(at.line);
  if (at.column != 0) text += ":" + std::to_string(at.column);
  return text + ": " + describe_why(row);
}

/// What is effective instead of a source that is not.
std::string describe_rest(engine::source_row const& row, view& now) {
  if (row.is_effective) return "; its last good content stays effective";
  if (row.id.what != source_kind::values)
    return "; it has never been valid, nothing of it is effective";
  auto const name = namespace_of(row.id);
  auto const& fallbacks = now.without_values();
  auto const without = name ? fallbacks.find(*name) : fallbacks.end();
  if (without == fallbacks.end()) return "; it has never been valid, nothing of it is effective";
  std::string const begin = "; nothing of it is effective; '" + without->first + "' ";
  if (without->second == fallback::defaults) return begin + "is served from its schema's defaults";
  auto const text = now.cache().text_of(*name).text;
  bool const is_empty = text == nullptr || *text == "{}";
  return begin + (is_empty ? "has no values" : "has only the values that were set by calls");
}

std::string counted(std::size_t number, char const* what) {
  return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

/// The kind of a problem with a source.
std::string_view kind_of(engine::source_row const& row) {
  switch (row.why->code) {
  case errc::parse:
    return "parse";
  case errc::untrusted:
    return "permission";
  case errc::invalid:
    return row.id.what == source_kind::schema ? "schema" : "validation";
  case errc::limit:
  case errc::bad_key:
  case errc::bad_value:
    return "validation";
  default:
    return "watch";
  }
}

/// What a reader has to say about content that it accepts.
void announce_notes(engine::source_row const& row) {
  if (!row.why) return;
  auto const& notes = row.why->issues;
  for (std::size_t index = 0; index < std::min(warning_lines, notes.size()); ++index) {
    auto const& one = notes[index];
    std::string line = "'" + row.path + "'";
    if (one.where.line != 0)
      line += ":" + std::to_string(one.where.line) + ":" + std::to_string(one.where.column);
    line += ": ";
    if (!one.key.empty())
      line += one.key + ": ";
    else if (!one.pointer.empty())
      line += "at " + one.pointer + ": ";
    line += one.message;
    if (index + 1 == warning_lines && notes.size() > warning_lines)
      line += ", and " + std::to_string(notes.size() - warning_lines) + " more";
    std::vector<log::field> fields{{"CFGD_KIND", "validation"},
                                   {"CFGD_PATH", row.path},
                                   {"CFGD_LINE", std::to_string(one.where.line)},
                                   {"CFGD_KEY", one.key}};
    if (auto const name = namespace_of(row.id))
      fields.push_back({"CFGD_NAMESPACE", std::string(*name)});
    say(log::level::warning, message_id::source_noted, line, fields);
  }
}

/// Adds the namespace of a source and those that its issues name, before anything else that can be
/// left out: who may not read one of them does not see the problem (methods/service_problems.cpp).
void add_namespaces(std::vector<log::field>& fields, engine::source_row const& row) {
  auto const own = namespace_of(row.id);
  if (!own) return;
  std::set<std::string_view> known{*own};
  fields.push_back({"CFGD_NAMESPACE", std::string(*own)});
  if (!row.why) return;
  auto const& issues = row.why->issues;
  for (std::size_t index = 0; index < std::min(issue_fields, issues.size()); ++index)
    if (auto const name = namespace_of(issues[index].key);
        known.insert(name).second && !name.empty())
      fields.push_back({"CFGD_NAMESPACE", std::string(name)});
}

void announce_source(engine::source_transition const& what, view& now) {
  auto const& row = what.now;
  std::vector<log::field> fields{{"CFGD_PATH", row.path}};
  add_namespaces(fields, row);
  if (row.why) {
    if (auto const at = place_of(row); at.line != 0)
      fields.push_back({"CFGD_LINE", std::to_string(at.line)});
    fields.push_back({"CFGD_KIND", std::string(kind_of(row))});
    auto const& issues = row.why->issues;
    for (std::size_t index = 0; index < std::min(issue_fields, issues.size()); ++index)
      fields.push_back({"CFGD_ISSUE", to_string(issues[index])});
  }
  if (what.gone) {
    say(log::level::notice, message_id::source_gone,
        "'" + row.path + "' was " +
            (what.masked_by.empty() ? "removed" : "masked by '" + what.masked_by + "'") +
            ", and with it the values that it set",
        fields);
    return;
  }
  std::string const rest = describe_rest(row, now);
  if (row.status != engine::source_status::active)
    fields.push_back({"CFGD_RECOVERY", rest.substr(2)}); // without the joint
  switch (row.status) {
  case engine::source_status::quarantined:
    say(log::level::warning, message_id::source_quarantined, describe_fault(row) + rest, fields);
    return;
  case engine::source_status::untrusted:
  case engine::source_status::missing:
    say(log::level::warning, message_id::source_blocked, describe_fault(row) + rest, fields);
    return;
  case engine::source_status::active:
    if (what.before != engine::source_status::active)
      say(log::level::notice, message_id::source_active,
          "'" + row.path +
              (is_emptied(row) ? "' is still empty, and effective so"
                               : "' is valid again and effective"),
          fields);
    announce_notes(row);
    return;
  }
}

void announce_warnings(std::vector<issue> const& warnings, revision_number revision) {
  for (std::size_t index = 0; index < std::min(warning_lines, warnings.size()); ++index) {
    auto const& one = warnings[index];
    std::string line = "revision " + std::to_string(revision) + ": ";
    if (!one.key.empty()) line += one.key + ": ";
    line += one.message + " (rule " + one.rule + ')';
    if (!one.path.empty()) line += ", in '" + one.path + '\'';
    if (!one.path.empty() && one.where.line != 0) line += ':' + std::to_string(one.where.line);
    if (index + 1 == warning_lines && warnings.size() > warning_lines)
      line += ", and " + std::to_string(warnings.size() - warning_lines) + " more";
    std::vector<log::field> fields{{"CFGD_KIND", "validation"},
                                   {"CFGD_REVISION", std::to_string(revision)},
                                   {"CFGD_RULE", one.rule}};
    if (!one.key.empty()) {
      fields.push_back({"CFGD_KEY", one.key});
      fields.push_back({"CFGD_NAMESPACE", std::string(namespace_of(one.key))});
    }
    if (!one.path.empty()) fields.push_back({"CFGD_PATH", one.path});
    say(log::level::warning, message_id::change_warned, line, fields);
  }
}

std::string located(origin const& from) {
  std::string text = from.path;
  if (from.at.line != 0) text += ':' + std::to_string(from.at.line);
  return text;
}

/// "revision 42 (uid 0); unset site.tagline", or the file.
std::string describe_hiding(engine::hidden_value const& one) {
  if (one.override_key.empty())
    return one.by.path.empty() ? "the " + std::string(to_string(one.by.where)) + " layer"
                               : located(one.by);
  std::string text = "revision " + std::to_string(one.by.revision);
  if (one.by.uid) text += " (uid " + std::to_string(*one.by.uid) + ')';
  return text + "; unset " + one.override_key;
}

void announce_hidden(engine::hidden_values const& all) {
  auto const lines = std::min(hidden_lines, all.listed.size());
  for (std::size_t index = 0; index < lines; ++index) {
    auto const& one = all.listed[index];
    std::string line = located(one.from);
    if (one.from.at.line != 0 && one.from.at.column != 0)
      line += ':' + std::to_string(one.from.at.column);
    line.append(line.empty() ? "" : " ").append(one.key);
    line += one.is_removed ? " was removed without effect: overridden by "
                           : " has no effect: overridden by ";
    line += describe_hiding(one);
    if (index + 1 == lines && all.count > lines)
      line += ", and " + std::to_string(all.count - lines) + " more";
    std::vector<log::field> fields{{"CFGD_KEY", one.key},
                                   {"CFGD_NAMESPACE", std::string(namespace_of(one.key))}};
    if (!one.from.path.empty()) fields.push_back({"CFGD_PATH", one.from.path});
    if (one.from.at.line != 0) fields.push_back({"CFGD_LINE", std::to_string(one.from.at.line)});
    if (!one.override_key.empty())
      fields.push_back({"CFGD_REVISION", std::to_string(one.by.revision)});
    say(log::level::notice, message_id::edit_hidden, line, fields);
  }
}

std::vector<log::field> fields_of(troubled_consumer const& who) {
  std::vector<log::field> fields{{"CFGD_CONSUMER", who.name}};
  if (!is_privileged(who.owner)) fields.push_back({"CFGD_PEER_UID", std::to_string(who.owner)});
  return fields;
}

} // namespace

place place_of(engine::source_row const& row) {
  if (!row.why) return {};
  if (row.why->issues.empty()) return row.why->where;
  auto const own = std::ranges::find(row.why->issues, row.path, &issue::path);
  return own == row.why->issues.end() ? place{} : own->where;
}

bool is_emptied(engine::source_row const& row) {
  return row.why && !row.why->issues.empty() && row.why->issues.front().rule == "empty";
}

void announce(engine::committed_change const& done, view& now) {
  for (auto const& transition : done.transitions)
    announce_source(transition, now);
  bool has_own_warnings = false;
  for (auto const& one : done.changes) {
    announce_change(*one);
    announce_warnings(one->warnings, one->revision);
    has_own_warnings |= !one->warnings.empty();
  }
  if (!has_own_warnings) announce_warnings(done.warnings, done.revision);
  announce_hidden(done.without_effect);
}

void announce_end(engine::pending_change const& what, engine::decision const& ended,
                  std::string const& reason) {
  bool const expired = what.what == engine::expiry::kind::expire;
  std::string line = "revision " + std::to_string(what.revision);
  if (reason.empty())
    line += expired ? " has expired and " : " was not confirmed in time and ";
  else
    line.append(": ").append(reason).append("; it ");
  std::vector<log::field> fields{{"CFGD_REVISION", std::to_string(what.revision)}};
  if (what.from.uid) fields.push_back({"CFGD_PEER_UID", std::to_string(*what.from.uid)});
  if (!ended) {
    auto const& issues = ended.error().issues;
    line += "could not be undone: " +
            (issues.empty() ? to_string(ended.error()) : to_string(issues.front())) + "; retrying";
    fields.push_back({"CFGD_KIND", ended.error().code == errc::invalid ? "validation" : "store"});
    say(log::level::warning, message_id::change_stuck, line, fields);
    return;
  }
  if (ended->changes.empty())
    line += "was undone; none of its values was effective any more";
  else
    line += "was undone as revision " + std::to_string(ended->revision);
  say(log::level::notice, message_id::change_ended, line, fields);
}

void announce_confirmed(revision_number revision, std::string const& reason) {
  auto const number = std::to_string(revision);
  say(log::level::notice, message_id::change_confirmed,
      "revision " + number + " confirmed: " + reason, {{"CFGD_REVISION", number}});
}

void announce_failure(troubled_consumer const& who, revision_number revision,
                      std::string const& message) {
  auto const number = std::to_string(revision);
  auto fields = fields_of(who);
  fields.push_back({"CFGD_REVISION", number});
  report("consumer_failed",
         "the consumer '" + who.name + "' could not apply revision " + number +
             (message.empty() ? "" : ": " + one_line(message)),
         std::move(fields));
}

void announce_late(troubled_consumer const& who, std::chrono::milliseconds limit) {
  report("consumer_late",
         "the consumer '" + who.name + "' has not applied what was sent to it for " +
             std::to_string(limit.count()) + " ms",
         fields_of(who));
}

void announce_recovered(troubled_consumer const& who, std::string const& situation) {
  auto fields = fields_of(who);
  fields.push_back({"CFGD_PROBLEM", situation});
  say(log::level::notice, message_id::works_again,
      "the consumer '" + who.name +
          (situation == "consumer_late" ? "' is no longer late"
                                        : "' has no failed revision any more"),
      fields);
}

void announce_pending(engine::pending_request const& done) {
  bool const confirmed = done.what == engine::pending_request::action::confirm;
  std::string line = "revision " + std::to_string(done.revision);
  line += confirmed ? " confirmed" : " extended to " + to_rfc3339(done.deadline);
  std::vector<log::field> fields{{"CFGD_REVISION", std::to_string(done.revision)}};
  if (!confirmed) fields.push_back({"CFGD_DEADLINE", to_rfc3339(done.deadline)});
  if (done.from.uid) {
    line += " by uid " + std::to_string(*done.from.uid);
    fields.push_back({"CFGD_PEER_UID", std::to_string(*done.from.uid)});
  }
  if (done.from.pid) fields.push_back({"CFGD_PEER_PID", std::to_string(*done.from.pid)});
  say(log::level::notice, confirmed ? message_id::change_confirmed : message_id::change_extended,
      line, fields);
}

std::string describe_state(view& what) {
  auto const& problems = what.problems();
  std::string text = "revision " + std::to_string(what.revision()) + ", " +
                     counted(what.cache().size(), "namespace") + ", ";
  if (problems.empty()) return text + "all sources effective";
  name_list without(named_problems);
  for (auto const& [name, how] : what.without_values())
    without.add(name, how == fallback::defaults ? " (defaults)" : "");
  name_list sources(named_problems);
  for (auto const& [name, one] : problems)
    sources.add(one.path, ' ' + std::string(to_string(one.status)));
  text += counted(problems.size(), "source") + " not effective as saved:" + sources.text();
  return without.empty() ? text : text + "; without an effective file:" + without.text();
}

} // namespace cfgd
