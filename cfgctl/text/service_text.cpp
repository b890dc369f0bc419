/// The state of the service for people. The status comes first and has the colour; figures follow.

#include "cfgctl/text/service_text.hpp"

#include "cfgctl/text/health_text.hpp"
#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/text/table.hpp"

#include <boost/algorithm/string/join.hpp>

#include <utility>

namespace cfgd::cfgctl {
namespace {

std::string joined(std::vector<std::string> const& names) {
  return boost::algorithm::join(names, ", ");
}

/// "/path:3:8: message"
std::string trouble_text(client::source_file const& one) {
  return place_text(one.path, one.line, one.column) + ": " + one.message.value_or(one.state);
}

/// "5, which hide 3 values of files since 2026-11-23T07:00:00.000Z: cfgctl overrides"
std::string overrides_fact(client::service_status const& what) {
  std::string text = std::to_string(*what.overrides);
  auto const hidden = what.hidden.value_or(0);
  if (hidden == 0) return text;
  text += ", which hide " + std::to_string(hidden) + (hidden == 1 ? " value" : " values");
  text += " of files";
  if (what.hidden_since) text += " since " + *what.hidden_since;
  return text + ": cfgctl overrides";
}

/// "active, 3 of 12 keys overridden"
std::string state_text(client::source_file const& one) {
  auto const hidden = one.overridden.value_or(0);
  if (hidden == 0) return one.state;
  return one.state + ", " + std::to_string(hidden) + " of " +
         std::to_string(one.keys.value_or(hidden)) + " keys overridden";
}

} // namespace

std::string status_text(screen const& where, client::service_status const& what) {
  std::string out = "cfgd " + printable(what.version) + ": ";
  out += paint(where, health_color(what.status), printable(what.status));
  out += what.ready ? ", ready" : ", not all sources have been read yet";
  if (what.degraded) {
    out += ", " + paint(where, tint::warning, "degraded: see 'cfgctl sources'");
  }
  out += '\n';

  table facts({left(""), cuttable("")});
  auto const add = [&](std::string const& name, table::cell value) {
    facts.add({{"  " + name, tint::faint}, std::move(value)});
  };
  add("revision", what.revision);
  add("namespaces", joined(what.namespaces));
  add("connections", what.connections);
  add("watchers", what.watchers);
  add("pid", what.pid);
  add("started", what.start_time);
  if (!what.fallback.empty()) add("fallback", joined(what.fallback) + " (defaults of schemas)");
  for (auto const& one : what.pending) {
    add("pending",
        "revision " + std::to_string(one.revision) + ", " + one.kind + " until " + one.deadline);
  }
  if (what.overrides.value_or(0) > 0) add("overrides", overrides_fact(what));
  if (what.edit_deadline) add("edit", "in progress, until " + *what.edit_deadline);
  return out + facts.str(where);
}

std::string sources_text(screen const& where, std::vector<client::source_file> const& what) {
  if (what.empty()) return "there are no sources\n";
  table files({left("STATE"), left("KIND"), left("LAYER"), left("NAMESPACE"), cuttable("PATH"),
               right("REVISION"), right("BYTES"), left("WATCH")});
  std::string troubles;
  for (client::source_file const& one : what) {
    bool const active = one.state == "active";
    files.add({{state_text(one), active ? tint::good : tint::bad},
               one.kind.empty() ? "values" : one.kind,
               one.layer,
               {one.name_space, tint::name},
               one.path,
               one.revision,
               one.size,
               one.watch});
    if (!active) troubles += paint(where, tint::bad, printable(trouble_text(one))) + '\n';
    for (client::issue const& said : one.issues)
      troubles += "  " + printable(issue_text(said)) + '\n';
  }
  std::string out = files.str(where);
  if (!troubles.empty()) out += '\n' + troubles;
  return out;
}

std::string pending_text(screen const& where, std::vector<client::pending_change> const& what,
                         wall_time now) {
  if (what.empty()) return "no pending changes\n";
  table out({right("REVISION"), left("KIND"), left("DEADLINE"), right("LEFT"), right("UID"),
             cuttable("KEYS"), cuttable("COMMENT")});
  for (auto const& one : what) {
    auto const end = parse_rfc3339(one.deadline);
    std::string const left =
        end ? duration_text(std::chrono::floor<std::chrono::seconds>(*end - now)) : "?";
    out.add({one.revision,
             {one.kind, one.kind == "confirm" ? tint::warning : tint::plain},
             one.deadline,
             {left, tint::strong},
             one.uid ? std::to_string(*one.uid) : "",
             {joined(one.keys), tint::name},
             one.comment.value_or("")});
  }
  return out.str(where);
}

std::string cache_text(screen const& where, client::cache_stats const& what) {
  table figures_of({cuttable("NAMESPACE"), right("ENTRIES"), right("BYTES"), right("HITS"),
                    right("MISSES"), right("INVALIDATIONS")});
  for (auto const& one : what.namespaces)
    figures_of.add({{one.name_space, tint::name},
                    one.entries,
                    one.bytes,
                    one.hits,
                    one.misses,
                    one.invalidations});
  return figures_of.str(where) + std::to_string(what.bytes) + " of " +
         std::to_string(what.maximum_bytes) + " bytes, " + std::to_string(what.evictions) +
         " evictions\n";
}

} // namespace cfgd::cfgctl
