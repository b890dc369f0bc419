#include "daemon/announce.hpp"

#include "core/log.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

// Lines are for people, fields for machines: `journalctl CFGD_KEY=site.domain` is the audit trail
// of that key.

namespace cfgd {
namespace {

constexpr char changed_id[] = "0f0fa5a4c1b84b0f8d2d6a1f3c7e9b21";
constexpr char quarantined_id[] = "3b7c2a9e55d94c71a0a8e2f6d4c1b832";
constexpr char blocked_id[] = "6e1d8f04b7a2493c9c5fa0b3e7d2c643";
constexpr char active_id[] = "a94c3d7be0f1485f8b26c1d9f4e7a054";
constexpr char gone_id[] = "c2f58e6a1d3b4790b7e4d0a9c6f3b165";

constexpr std::size_t named_keys = 5;
constexpr std::size_t key_fields = 64;

std::string describe(origin const& from) {
  if (!from.path.empty()) {
    std::string text = "'" + from.path + "'";
    if (from.at.line != 0) text += " line " + std::to_string(from.at.line);
    return text;
  }
  if (from.uid) return "uid " + std::to_string(*from.uid);
  return "the " + std::string(to_string(from.where)) + " layer";
}

void announce_change(change const& what) {
  std::string line =
      "revision " + std::to_string(what.revision) + " from " + describe(what.from) + ':';
  for (std::size_t index = 0; index < std::min(named_keys, what.keys.size()); ++index)
    line.append(index == 0 ? " " : ", ").append(what.keys[index].key);
  if (what.keys.size() > named_keys)
    line += " and " + std::to_string(what.keys.size() - named_keys) + " more";

  std::vector<log::field> fields{{"MESSAGE_ID", changed_id},
                                 {"CFGD_REVISION", std::to_string(what.revision)}};
  for (std::size_t index = 0; index < std::min(key_fields, what.keys.size()); ++index)
    fields.push_back({"CFGD_KEY", what.keys[index].key});
  std::string last;
  for (auto const& one : what.keys) {
    auto const name = one.key.substr(0, one.key.find('.'));
    if (name == last) continue;
    fields.push_back({"CFGD_NAMESPACE", name});
    last = name;
  }
  if (!what.from.path.empty()) fields.push_back({"CFGD_PATH", what.from.path});
  if (what.from.at.line != 0) fields.push_back({"CFGD_LINE", std::to_string(what.from.at.line)});
  if (what.from.uid) fields.push_back({"CFGD_PEER_UID", std::to_string(*what.from.uid)});
  if (what.from.pid) fields.push_back({"CFGD_PEER_PID", std::to_string(*what.from.pid)});
  log::write(log::level::notice, line, std::move(fields));
}

/// "'path':3:5: what is wrong", with the place where there is one.
std::string describe_fault(store::source_row const& row) {
  std::string text = "'" + row.path + "'";
  if (!row.why) return text;
  if (row.why->where.line != 0) text += ":" + std::to_string(row.why->where.line);
  if (row.why->where.column != 0) text += ":" + std::to_string(row.why->where.column);
  return text + ": " + row.why->message;
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
  auto const say = [&](log::level severity, char const* id, std::string const& line) {
    fields.push_back({"MESSAGE_ID", id});
    log::write(severity, line, fields);
  };
  if (what.gone) {
    say(log::level::notice, gone_id, "'" + row.path + "' is gone, and what it set with it");
    return;
  }
  switch (row.status) {
  case store::source_status::quarantined:
    say(log::level::warning, quarantined_id, describe_fault(row) + kept);
    return;
  case store::source_status::untrusted:
  case store::source_status::missing:
    say(log::level::warning, blocked_id, describe_fault(row) + kept);
    return;
  case store::source_status::active:
    if (what.before != store::source_status::active)
      say(log::level::notice, active_id, "'" + row.path + "' is good again and in force");
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

} // namespace cfgd
