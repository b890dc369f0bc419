/// Health as text.
///
/// Monitoring systems show only the first line of `cfgctl health`, cut it after some hundred
/// characters, and read what follows the first bar as figures (the Monitoring Plugins' guidelines).
/// So it begins with the status, then lists what is wrong, the worst first. Bars and newlines in
/// messages are replaced.

#include "cfgctl/text/health_text.hpp"

#include "cfgctl/text/figures_text.hpp"
#include "cfgctl/text/table.hpp"
#include "cfgctl/text/values.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace cfgd::cfgctl {
namespace {

struct status_row {
  std::string_view name;
  std::string_view word; ///< of plugins
  int code;
  tint color;
};

/// The worst first.
constexpr std::array statuses{status_row{"critical", "CRITICAL", 2, tint::bad},
                              status_row{"warning", "WARNING", 1, tint::warning},
                              status_row{"unknown", "UNKNOWN", 3, tint::warning},
                              status_row{"healthy", "OK", 0, tint::good}};

status_row const& row_of(std::string_view status) {
  auto const found = std::ranges::find(statuses, status, &status_row::name);
  return found != statuses.end() ? *found : statuses[2];
}

std::size_t count_of(std::vector<client::health_check> const& checks, status_row const& what) {
  return static_cast<std::size_t>(
      std::ranges::count_if(checks, [&](auto const& one) { return &row_of(one.status) == &what; }));
}

/// On one line, and without bars.
std::string for_plugin(std::string_view text) {
  std::string out = printable(text);
  std::ranges::replace(out, '\n', ' ');
  std::ranges::replace(out, '\t', ' ');
  std::ranges::replace(out, '|', '/');
  return out;
}

/// How long ago; the text itself if it is not a valid time.
std::string age_text(std::string const& time, wall_time now) {
  auto const when = parse_rfc3339(time);
  return when ? duration_text(std::chrono::floor<std::chrono::seconds>(now - *when)) : time;
}

std::string faults_text(std::vector<client::health_check> const& checks) {
  std::string out;
  for (status_row const& row : statuses) {
    if (row.code == 0) continue;
    for (auto const& one : checks) {
      if (&row_of(one.status) != &row) continue;
      if (!out.empty()) out += "; ";
      out += one.name + ": " + (one.message.empty() ? one.status : one.message);
    }
  }
  return out;
}

/// "parse, 3 times, 5m 2s ago": what a paragraph begins with.
std::string problem_head(screen const& where, client::problem const& one, wall_time now) {
  std::string out = paint(where, tint::strong, printable('#' + std::to_string(one.id)));
  bool const is_over = one.resolved.has_value();
  std::string const kind = one.kind == "parse" ? "parse error" : one.kind;
  tint const color = is_over ? tint::faint : one.recoverable ? tint::warning : tint::bad;
  out += ' ' + paint(where, color, printable(kind));
  if (!one.recoverable) out += ", not recoverable";
  if (one.count > 1) out += ", " + std::to_string(one.count) + " times, last";
  if (one.count <= 1) out += ",";
  out += ' ' + printable(age_text(one.last_time.value_or(one.time), now)) + " ago";
  if (is_over) out += ", resolved " + printable(age_text(*one.resolved, now)) + " ago";
  return out + '\n';
}

std::string problem_text(screen const& where, client::problem const& one, wall_time now) {
  std::string out = problem_head(where, one, now);
  auto const add = [&](std::string_view name, std::string const& text) {
    if (text.empty()) return;
    out += paint(where, tint::faint, name) + for_screen(where, text) + '\n';
  };
  add("  what    ", one.message);
  add("  where   ", one.source);
  add("  done    ", one.recovery);
  add("  since   ", one.time);
  if (!one.context.empty()) add("  context ", compact_text(one.context));
  return out;
}

} // namespace

tint health_color(std::string_view status) { return row_of(status).color; }

std::string worst_status(std::vector<client::health_check> const& checks) {
  for (status_row const& row : statuses) {
    if (count_of(checks, row) != 0) return std::string(row.name);
  }
  return "unknown";
}

exit_code plugin_code(std::string_view status) {
  return static_cast<exit_code>(row_of(status).code);
}

std::string plugin_line(screen const& where, client::health_report const& what) {
  status_row const& row = row_of(what.status);
  std::string out = "CFGD " + paint(where, row.color, row.word) + ": ";
  auto const faults = faults_text(what.checks);
  auto const count = what.checks.size();
  if (faults.empty()) {
    out += count == 1 ? what.checks.front().name + ": " + for_plugin(what.checks.front().message)
                      : std::to_string(count) + " checks are healthy";
  } else {
    out += for_plugin(faults);
  }
  if (where.terminal) return out;
  out += " |";
  for (status_row const& one : statuses)
    out.append(" ").append(one.name) += '=' + std::to_string(count_of(what.checks, one));
  return out;
}

std::string plugin_unknown(std::string_view why) {
  return "CFGD UNKNOWN: " + for_plugin(why) + '\n';
}

std::string health_text(screen const& where, client::health_report const& what, wall_time now) {
  table out({left("CHECK"), left("STATUS"), cuttable("MESSAGE"), right("AGE"), right("TOOK")});
  for (auto const& one : what.checks) {
    out.add({{one.name, tint::name},
             {one.status, health_color(one.status)},
             one.message,
             age_text(one.time, now),
             latency_text(one.duration)});
  }
  return plugin_line(where, what) + '\n' + out.str(where);
}

std::string problems_text(screen const& where, client::problem_report const& what, wall_time now) {
  std::string out;
  if (what.critical) {
    out +=
        paint(where, tint::bad, "there is a problem that the service cannot recover from") + "\n\n";
  }
  for (auto const& one : what.problems)
    out += problem_text(where, one, now) + '\n';
  if (what.problems.empty()) out += "no problems\n";
  std::string counts;
  for (auto const& [kind, count] : what.counts) {
    counts += (counts.empty() ? "" : ", ") + kind + ' ' + std::to_string(count);
  }
  if (!counts.empty()) out += "since the start: " + printable(counts) + '\n';
  return out;
}

} // namespace cfgd::cfgctl
