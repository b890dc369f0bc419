/// The state of the service for people. The status comes first and has the colour; figures follow.

#include "cfgctl/text/service_text.hpp"

#include "cfgctl/text/health_text.hpp"
#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/text/near.hpp"
#include "cfgctl/text/table.hpp"
#include "cfgctl/text/users.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <utility>

namespace cfgd::cfgctl {
namespace {

/// What is wrong, without the path. A message may be about a directory above the file, so all that
/// are about owners and modes begin with the path of what they are about.
std::string message_of(client::source_file const& one) {
  std::string message = one.message.value_or(one.state);
  if (auto const begin = '\'' + one.path + "': "; message.starts_with(begin))
    message.erase(0, begin.size());
  return message;
}

/// "site.yaml:3:8: message (and 2 more)": the last part of the path is enough in a headline.
std::string first_of(std::vector<client::source_file const*> const& bad) {
  client::source_file one = *bad.front();
  one.message = message_of(one);
  one.path = std::filesystem::path(one.path).filename();
  if (!one.issues.empty()) {
    auto const& said = one.issues.front();
    if (said.line) one.line = said.line;
    if (said.column) one.column = said.column;
    one.message = said.key ? *said.key + ": " + said.message : said.message;
  }
  std::string out = trouble_text(one);
  if (bad.size() > 1) out += " (and " + std::to_string(bad.size() - 1) + " more)";
  return out;
}

/// "a (defaults of its schema), b (no values)". Without sources that is not known.
std::string fallback_text(service_state const& what) {
  std::string out;
  for (auto const& name : what.status.fallback) {
    out.append(out.empty() ? "" : ", ").append(name);
    if (what.sources.empty()) continue;
    out += has_schema(what.sources, name) ? " (defaults of its schema)" : " (no values)";
  }
  return out;
}

struct headline {
  std::string word;
  tint color;
  std::string text;
};

headline headline_of(service_state const& what) {
  if (!what.status.ready) return {"STARTING", tint::warning, "not all sources have been read yet"};
  std::vector<client::source_file const*> bad;
  for (auto const& one : what.sources) {
    if (is_bad(one)) bad.push_back(&one);
  }
  if (!bad.empty()) {
    return {"DEGRADED", tint::warning,
            std::to_string(bad.size()) + (bad.size() == 1 ? " file" : " files") +
                " not active: " + first_of(bad)};
  }
  std::string faults;
  for (auto const& one : what.health.checks) {
    if (one.status == "healthy" || one.status == "unknown") continue;
    faults += (faults.empty() ? "" : "; ") + one.name + ": " + one.message;
  }
  if (faults.empty() && what.status.status != "healthy") faults = "see 'cfgctl health'";
  if (!what.status.fallback.empty()) {
    return {"DEGRADED", tint::warning,
            "without a file that was ever valid: " + fallback_text(what)};
  }
  if (what.status.degraded) {
    return {"DEGRADED", tint::warning, "files are not applied yet: see 'cfgctl sources'"};
  }
  std::string word = what.status.status;
  std::ranges::transform(word, word.begin(), [](unsigned char one) { return std::toupper(one); });
  if (faults.empty()) return {"OK", tint::good, "all sources are active"};
  return {std::move(word), health_color(what.status.status), std::move(faults)};
}

/// "5, which hide 3 values of files since 2026-11-23T07:00:00.000Z: cfgctl overrides"
std::string overrides_fact(client::service_status const& what) {
  std::string text = std::to_string(*what.overrides);
  auto const hidden = what.hidden.value_or(0);
  if (hidden == 0) return text;
  text += *what.overrides == 1 ? ", which hides " : ", which hide ";
  text += counted(static_cast<std::size_t>(hidden), "value") + " of files";
  if (what.hidden_since) text += " since " + *what.hidden_since;
  return text + ": cfgctl overrides";
}

/// "active, 3 of 12 keys overridden"
std::string state_text(client::source_file const& one) {
  auto const hidden = one.overridden.value_or(0);
  if (hidden == 0) return one.state;
  return one.state + ", " + std::to_string(hidden) + " of " +
         counted(static_cast<std::size_t>(one.keys.value_or(hidden)), "key") + " overridden";
}

} // namespace

bool is_bad(client::source_file const& one) {
  // A state may say more behind a comma: "active, 3 of 12 keys overridden".
  return !one.state.starts_with("active") && one.state != "ignored" && one.state != "masked";
}

bool is_effective(client::source_file const& one) {
  return one.state.starts_with("active") || one.revision != 0;
}

bool has_schema(std::vector<client::source_file> const& sources, std::string_view name_space) {
  return std::ranges::any_of(sources, [name_space](client::source_file const& one) {
    return one.kind == "schema" && one.name_space == name_space && is_effective(one);
  });
}

std::string trouble_text(client::source_file const& one) {
  return place_text(one.path, one.line, one.column) + ": " + message_of(one);
}

std::string status_text(screen const& where, service_state const& from) {
  client::service_status const& what = from.status;
  auto const head = headline_of(from);
  std::string out = paint(where, head.color, printable(head.word)) + ": " + printable(head.text);
  out += '\n';

  table facts({left(""), cuttable("")});
  auto const add = [&](std::string const& name, table::cell value) {
    facts.add({{"  " + name, tint::faint}, std::move(value)});
  };
  add("version", what.version);
  add("revision", what.revision);
  add("namespaces", listed(what.namespaces));
  add("connections", what.connections);
  add("watchers", what.watchers);
  add("pid", what.pid);
  add("started", what.start_time);
  if (what.state_directory) add("state in", *what.state_directory);
  if (what.store_id) add("store", *what.store_id);
  if (!what.fallback.empty()) add("fallback", fallback_text(from));
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
  table files({left("STATE"), left("KIND"), left("LAYER"), left("NAMESPACE"), path("PATH"),
               right("REVISION"), right("BYTES"), left("WATCH")});
  std::string troubles;
  for (client::source_file const& one : what) {
    bool const active = !is_bad(one);
    bool const is_used = one.state.starts_with("active");
    files.add({{state_text(one), !active   ? tint::bad
                                 : is_used ? tint::good
                                           : tint::faint},
               one.kind.empty() ? "values" : one.kind,
               one.layer,
               {one.name_space, tint::name},
               one.path,
               one.revision,
               one.size,
               one.watch});
    if (!active || !is_used || one.message)
      troubles +=
          paint(where, active ? tint::faint : tint::bad, printable(trouble_text(one))) + '\n';
    for (client::issue const& said : one.issues)
      troubles += "  " + printable(issue_text(said)) + '\n';
  }
  std::string out = files.str(where);
  if (!troubles.empty()) out += '\n' + troubles;
  return out;
}

std::string pending_text(screen const& where, std::vector<client::pending_change> const& what,
                         wall_time now) {
  if (what.empty()) return "No pending changes.\n";
  table out({right("REVISION"), left("KIND"), left("DEADLINE"), right("LEFT"), left("USER"),
             cuttable("KEYS"), cuttable("COMMENT")});
  for (auto const& one : what) {
    auto const end = parse_rfc3339(one.deadline);
    std::string const left =
        end ? duration_text(std::chrono::floor<std::chrono::seconds>(*end - now)) : "?";
    out.add({one.revision,
             {one.until_applied.value_or(false) ? one.kind + ", applied" : one.kind,
              one.kind == "confirm" ? tint::warning : tint::plain},
             one.deadline,
             {left, tint::strong},
             one.uid ? user_text(*one.uid) : "",
             {listed(one.keys), tint::name},
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
