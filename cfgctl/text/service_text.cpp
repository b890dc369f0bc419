/// The state of the service for people. The status comes first and has the colour; figures follow.

#include "cfgctl/text/service_text.hpp"

#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/text/table.hpp"

namespace cfgd::cfgctl {
namespace {

tint status_color(std::string_view status) {
  if (status == "healthy") return tint::good;
  return status == "warning" ? tint::warning : tint::bad;
}

std::string joined(std::vector<std::string> const& names) {
  std::string out;
  for (auto const& name : names) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out;
}

/// "/path:3:8: message"
std::string trouble_text(client::source_file const& one) {
  return place_text(one.path, one.line, one.column) + ": " + one.message.value_or(one.state);
}

std::vector<table::cell> figures(client::namespace_cache const& one) {
  return {{.text = one.name_space, .color = tint::name},
          {.text = std::to_string(one.entries), .color = tint::plain},
          {.text = std::to_string(one.bytes), .color = tint::plain},
          {.text = std::to_string(one.hits), .color = tint::plain},
          {.text = std::to_string(one.misses), .color = tint::plain},
          {.text = std::to_string(one.invalidations), .color = tint::plain}};
}

} // namespace

std::string status_text(screen const& where, client::service_status const& what) {
  std::string out = "cfgd " + printable(what.version) + ": ";
  out += paint(where, status_color(what.status), printable(what.status));
  out += what.ready ? ", ready" : ", not all sources have been read yet";
  if (what.degraded) {
    out += ", " + paint(where, tint::warning, "degraded: see 'cfgctl sources'");
  }
  out += '\n';

  table facts({{.title = "", .side = alignment::left, .may_be_cut = false},
               {.title = "", .side = alignment::left, .may_be_cut = true}});
  auto const add = [&](std::string_view name, std::string value) {
    facts.add({{.text = std::string("  ").append(name), .color = tint::faint},
               {.text = std::move(value), .color = tint::plain}});
  };
  add("revision", std::to_string(what.revision));
  add("namespaces", joined(what.namespaces));
  add("connections", std::to_string(what.connections));
  add("watchers", std::to_string(what.watchers));
  add("pid", std::to_string(what.pid));
  add("started", what.start_time);
  if (!what.fallback.empty()) add("fallback", joined(what.fallback) + " (defaults of schemas)");
  for (auto const& one : what.pending) {
    add("pending",
        "revision " + std::to_string(one.revision) + ", " + one.kind + " until " + one.deadline);
  }
  if (what.edit_deadline) add("edit", "in progress, until " + *what.edit_deadline);
  return out + facts.str(where);
}

std::string sources_text(screen const& where, std::vector<client::source_file> const& what) {
  if (what.empty()) return "there are no sources\n";
  table files({{.title = "STATE", .side = alignment::left, .may_be_cut = false},
               {.title = "KIND", .side = alignment::left, .may_be_cut = false},
               {.title = "LAYER", .side = alignment::left, .may_be_cut = false},
               {.title = "NAMESPACE", .side = alignment::left, .may_be_cut = false},
               {.title = "PATH", .side = alignment::left, .may_be_cut = true},
               {.title = "REVISION", .side = alignment::right, .may_be_cut = false},
               {.title = "BYTES", .side = alignment::right, .may_be_cut = false},
               {.title = "WATCH", .side = alignment::left, .may_be_cut = false}});
  std::string troubles;
  for (client::source_file const& one : what) {
    bool const active = one.state == "active";
    files.add({{.text = one.state, .color = active ? tint::good : tint::bad},
               {.text = one.kind.empty() ? "values" : one.kind, .color = tint::plain},
               {.text = one.layer, .color = tint::plain},
               {.text = one.name_space, .color = tint::name},
               {.text = one.path, .color = tint::plain},
               {.text = std::to_string(one.revision), .color = tint::plain},
               {.text = std::to_string(one.size), .color = tint::plain},
               {.text = one.watch, .color = tint::plain}});
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
  table out({{.title = "REVISION", .side = alignment::right, .may_be_cut = false},
             {.title = "KIND", .side = alignment::left, .may_be_cut = false},
             {.title = "DEADLINE", .side = alignment::left, .may_be_cut = false},
             {.title = "LEFT", .side = alignment::right, .may_be_cut = false},
             {.title = "UID", .side = alignment::right, .may_be_cut = false},
             {.title = "KEYS", .side = alignment::left, .may_be_cut = true},
             {.title = "COMMENT", .side = alignment::left, .may_be_cut = true}});
  for (auto const& one : what) {
    auto const end = parse_rfc3339(one.deadline);
    std::string const left =
        end ? duration_text(std::chrono::floor<std::chrono::seconds>(*end - now)) : "?";
    out.add({{.text = std::to_string(one.revision), .color = tint::plain},
             {.text = one.kind, .color = one.kind == "confirm" ? tint::warning : tint::plain},
             {.text = one.deadline, .color = tint::plain},
             {.text = left, .color = tint::strong},
             {.text = one.uid ? std::to_string(*one.uid) : "", .color = tint::plain},
             {.text = joined(one.keys), .color = tint::name},
             {.text = one.comment.value_or(""), .color = tint::plain}});
  }
  return out.str(where);
}

std::string cache_text(screen const& where, client::cache_stats const& what) {
  table figures_of({{.title = "NAMESPACE", .side = alignment::left, .may_be_cut = true},
                    {.title = "ENTRIES", .side = alignment::right, .may_be_cut = false},
                    {.title = "BYTES", .side = alignment::right, .may_be_cut = false},
                    {.title = "HITS", .side = alignment::right, .may_be_cut = false},
                    {.title = "MISSES", .side = alignment::right, .may_be_cut = false},
                    {.title = "INVALIDATIONS", .side = alignment::right, .may_be_cut = false}});
  for (auto const& one : what.namespaces)
    figures_of.add(figures(one));
  return figures_of.str(where) + std::to_string(what.bytes) + " of " +
         std::to_string(what.maximum_bytes) + " bytes, " + std::to_string(what.evictions) +
         " evictions\n";
}

} // namespace cfgd::cfgctl
