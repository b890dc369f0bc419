#include "daemon/announce.hpp"

#include "core/log.hpp"
#include "core/message_ids.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Lines are for people, fields for machines: `journalctl CFGD_KEY=site.domain` is the audit trail
// of that key.

namespace cfgd {
namespace {

constexpr std::size_t named_keys = 5;
/// A journal's entry has 1024 fields at most.
constexpr std::size_t key_fields = 512;
constexpr std::size_t key_field_bytes = 32 * std::size_t{1024};
constexpr std::size_t named_problems = 3;

std::string describe(origin const& from) {
  if (!from.path.empty()) {
    std::string text = "'" + from.path + "'";
    if (from.at.line != 0) text += " line " + std::to_string(from.at.line);
    return text;
  }
  if (from.uid) return "uid " + std::to_string(*from.uid);
  return "the " + std::string(to_string(from.where)) + " layer";
}

/// One field a key and one a namespace, as many as an entry of the journal takes.
void add_keys(std::vector<log::field>& fields, change const& what) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  std::string_view last;
  for (auto const& one : what.keys) {
    bytes += one.key.size();
    if (++count > key_fields || bytes > key_field_bytes) return;
    fields.push_back({"CFGD_KEY", one.key});
    auto const name = std::string_view(one.key).substr(0, one.key.find('.'));
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

  std::vector<log::field> fields{{"MESSAGE_ID", message_id::changed},
                                 {"CFGD_REVISION", std::to_string(what.revision)}};
  add_keys(fields, what);
  if (!what.from.path.empty()) fields.push_back({"CFGD_PATH", what.from.path});
  if (what.from.at.line != 0) fields.push_back({"CFGD_LINE", std::to_string(what.from.at.line)});
  if (what.from.uid) fields.push_back({"CFGD_PEER_UID", std::to_string(*what.from.uid)});
  if (what.from.pid) fields.push_back({"CFGD_PEER_PID", std::to_string(*what.from.pid)});
  if (!what.from.unit.empty()) fields.push_back({"CFGD_UNIT", what.from.unit});
  log::write(log::level::notice, line, fields);
}

/// "'path':3:5: what is wrong", with the place where there is one. Some messages are about a file
/// on the way and name it themselves.
std::string describe_fault(store::source_row const& row) {
  std::string text = "'" + row.path + "'";
  if (!row.why) return text;
  if (row.why->message.starts_with('\'')) return row.why->message;
  if (row.why->where.line != 0) text += ":" + std::to_string(row.why->where.line);
  if (row.why->where.column != 0) text += ":" + std::to_string(row.why->where.column);
  return text + ": " + row.why->message;
}

std::string counted(std::size_t number, char const* what) {
  return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

/// The kind of a problem with a source.
std::string_view kind_of(errc why) {
  switch (why) {
  case errc::parse:
    return "parse";
  case errc::untrusted:
    return "permission";
  case errc::limit:
  case errc::bad_key:
  case errc::bad_value:
    return "validation";
  default:
    return "watch";
  }
}

void announce_source(store::source_transition const& what) {
  auto const& row = what.now;
  std::string const kept = row.in_force ? "; its last good content stays in force"
                                        : "; it had no good content yet, nothing of it is in force";
  std::vector<log::field> fields{{"CFGD_PATH", row.path}};
  if (auto const name = namespace_of(row.id))
    fields.push_back({"CFGD_NAMESPACE", std::string(*name)});
  if (row.why && row.why->where.line != 0)
    fields.push_back({"CFGD_LINE", std::to_string(row.why->where.line)});
  if (row.why) fields.push_back({"CFGD_KIND", std::string(kind_of(row.why->code))});
  auto const say = [&](log::level severity, char const* id, std::string const& line) {
    fields.push_back({"MESSAGE_ID", id});
    log::write(severity, line, fields);
  };
  if (what.gone) {
    say(log::level::notice, message_id::source_gone,
        "'" + row.path + "' is gone, and what it set with it");
    return;
  }
  switch (row.status) {
  case store::source_status::quarantined:
    say(log::level::warning, message_id::source_quarantined, describe_fault(row) + kept);
    return;
  case store::source_status::untrusted:
  case store::source_status::missing:
    say(log::level::warning, message_id::source_blocked, describe_fault(row) + kept);
    return;
  case store::source_status::active:
    if (what.before != store::source_status::active)
      say(log::level::notice, message_id::source_active,
          "'" + row.path + "' is good again and in force");
    return;
  }
}

} // namespace

void announce(store::applied const& done) {
  for (auto const& transition : done.transitions)
    announce_source(transition);
  for (auto const& one : done.changes)
    announce_change(*one);
}

std::string describe_state(view& what) {
  auto const& problems = what.problems();
  std::string text = "revision " + std::to_string(what.revision()) + ", " +
                     counted(what.cache().namespaces().size(), "namespace") + ", ";
  if (problems.empty()) return text + "all sources in force";
  text += counted(problems.size(), "source") + " not in force as saved:";
  std::size_t named = 0;
  for (auto const& [name, one] : problems) {
    if (named == named_problems) return text + " ...";
    text += (named++ == 0 ? " '" : ", '") + one.path + "' " + std::string(to_string(one.status));
  }
  return text;
}

} // namespace cfgd
