/// From samples to a screen.
///
/// A rate is the difference of a counter between two samples, divided by the time between them. A
/// counter that is smaller than before belongs to another process of the service; then the earlier
/// sample is dropped. Latencies are computed from what was added to the histograms between two
/// samples, so that they show the present and not the average since the start.

#include "cfgctl/top/top_model.hpp"

#include "cfgctl/described_json.hpp"
#include "cfgctl/text/figures_text.hpp"
#include "cfgctl/text/health_text.hpp"
#include "cfgctl/text/service_text.hpp"
#include "cfgctl/text/usage_text.hpp"
#include "cfgctl/text/users.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

namespace cfgd::cfgctl {
namespace {

constexpr std::size_t most_points = 600;
constexpr std::size_t label_columns = 10;
constexpr char const* requests = "cfgd_requests";
constexpr char const* durations = "cfgd_request_duration_seconds";

std::string text_of(std::optional<double> seconds) {
  return seconds ? latency_text(std::chrono::duration<double>(*seconds)) : "-";
}

std::string bytes_of(double number) {
  return number >= 0 ? bytes_text(static_cast<std::uint64_t>(number)) : "-";
}

std::string rate_text(double number) { return short_number(number) + "/s"; }

std::string counted(double number, std::string const& what) {
  return short_number(number) + ' ' + what + (number == 1 ? "" : "s");
}

frame_line labelled(std::string name, std::string text) {
  name.resize(std::max(name.size() + 1, label_columns), ' ');
  return {{std::move(name), tint::faint}, std::move(text)};
}

/// A table's lines, the first of them strong.
void append_table(std::vector<frame_line>& to, std::string const& text) {
  bool is_head = true;
  for (std::size_t at = 0; at < text.size();) {
    auto const end = std::min(text.find('\n', at), text.size());
    to.push_back(
        {{text.substr(at, end - at), std::exchange(is_head, false) ? tint::strong : tint::plain}});
    at = end + 1;
  }
}

std::set<std::string> methods_called(figure_list const& from) {
  std::set<std::string> out;
  for (auto const& one : from)
    if (one.name == requests && one.value.value_or(0) > 0) out.emplace(label_of(one, "method"));
  return out;
}

double failed_of(figure_list const& from, std::string_view method) {
  double out = 0;
  for (auto const& one : from) {
    if (one.name == requests && label_of(one, "method") == method &&
        label_of(one, "outcome") == "failed") {
      out += one.value.value_or(0);
    }
  }
  return out;
}

std::string keys_of(client::change const& one) {
  auto const count = one.created.size() + one.updated.size() + one.deleted.size();
  for (auto const* keys : {&one.updated, &one.created, &one.deleted}) {
    if (keys->empty()) continue;
    return count == 1 ? keys->front()
                      : keys->front() + " and " + std::to_string(count - 1) + " more";
  }
  return "";
}

} // namespace

top_order next_of(top_order which) {
  return which == top_order::name ? top_order::rate
                                  : static_cast<top_order>(static_cast<int>(which) + 1);
}

std::string_view to_string(top_order which) {
  constexpr std::array names{"calls", "p99", "total", "name"};
  return names.at(static_cast<std::size_t>(which));
}

void top_model::add(top_sample newest) {
  before_ = std::exchange(newest_, std::move(newest));
  bool const is_new_process =
      before_ && (sum_of(newest_->figures, {"cfgd_start_time_seconds"}) !=
                      sum_of(before_->figures, {"cfgd_start_time_seconds"}) ||
                  sum_of(newest_->figures, {requests}) < sum_of(before_->figures, {requests}));
  if (is_new_process) before_.reset();
  if (is_new_process) own_ = 0;
  ++own_;
  if (!before_) return;
  auto const times = added_since(before_->figures, newest_->figures, {durations});
  double own = 0;
  for (std::string_view const name : own_calls) {
    double const rate = rate_of({.name = requests, .label = "method", .value = name});
    if (seconds() > 0) own += std::min(rate, 1 / seconds());
  }
  history_.push_back({.rate = std::max(0.0, rate_of({requests}) - own),
                      .p99 = quantile_of(times, 0.99).value_or(0)});
  if (history_.size() > most_points) history_.pop_front();
}

double top_model::sum(std::string_view name) const { return sum_of(newest_->figures, {name}); }

double top_model::seconds() const {
  return std::chrono::duration<double>(newest_->when - before_->when).count();
}

double top_model::rate_of(figure_choice const& which) const {
  if (!before_ || !(seconds() > 0)) return 0;
  double const more = sum_of(newest_->figures, which) - sum_of(before_->figures, which);
  return std::max(0.0, more) / seconds();
}

top_model::method_row top_model::row_of(std::string const& name) const {
  method_row row;
  row.name = name;
  figure_choice const of_method{.name = requests, .label = "method", .value = name};
  bool const is_own = std::ranges::find(own_calls, name) != own_calls.end();
  row.total = sum_of(newest_->figures, of_method) - (is_own ? static_cast<double>(own_ - 1) : 0);
  row.rate = rate_of(of_method);
  if (!before_) return row;
  if (seconds() > 0) {
    if (is_own) row.rate = std::max(0.0, row.rate - 1 / seconds());
    double const more = failed_of(newest_->figures, name) - failed_of(before_->figures, name);
    row.failed = std::max(0.0, more) / seconds();
  }
  auto const times = added_since(before_->figures, newest_->figures,
                                 {.name = durations, .label = "method", .value = name});
  row.mean = mean_of(times);
  row.median = quantile_of(times, 0.5);
  row.p99 = quantile_of(times, 0.99);
  return row;
}

std::vector<top_model::method_row> top_model::methods(top_order order) const {
  std::vector<method_row> out;
  if (!newest_) return out;
  for (auto const& name : methods_called(newest_->figures)) {
    method_row row = row_of(name);
    bool const is_idle = before_ && order != top_order::total && !(row.rate > 0);
    if (!is_idle && row.total > 0) out.push_back(std::move(row));
  }
  auto const value = [&](method_row const& row) {
    if (order == top_order::latency) return row.p99.value_or(0);
    if (order == top_order::total) return row.total;
    return order == top_order::rate ? row.rate : 0;
  };
  std::ranges::stable_sort(out, [&](auto const& a, auto const& b) { return value(a) > value(b); });
  return out;
}

void top_model::add_head(std::vector<frame_line>& to, view const& how) const {
  std::string version;
  for (auto const& one : newest_->figures)
    if (one.name == "cfgd_build_info") version = label_of(one, "version");
  auto const started = sum("cfgd_start_time_seconds");
  auto const up = std::chrono::floor<std::chrono::seconds>(newest_->at.time_since_epoch()) -
                  std::chrono::seconds(std::llround(started));
  to.push_back({{"cfgd " + version + "  ", tint::strong},
                {newest_->health.status, health_color(newest_->health.status)},
                "  revision " + short_number(sum("cfgd_revision")) + "  up " + duration_text(up) +
                    "  " + to_rfc3339(newest_->at).substr(11, 8) + "  every " +
                    whole_text(how.interval) + "  by " + std::string(to_string(how.order))});
  if (how.paused) to.back().push_back({"  paused", tint::warning});
  if (!how.trouble.empty()) to.push_back({{how.trouble, tint::bad}});
}

void top_model::add_history(std::vector<frame_line>& to, view const& how) const {
  std::vector<double> rates;
  std::vector<double> latencies;
  for (point const& one : history_) {
    rates.push_back(one.rate);
    latencies.push_back(one.p99);
  }
  constexpr std::size_t beside = 40; // the label, the number and the maximum
  std::size_t const columns = how.columns > beside + 8 ? how.columns - beside : 8;
  auto const add = [&](std::string const& name, std::vector<double> const& all, auto text) {
    std::string now = all.empty() ? "-" : text(all.back());
    now.resize(std::max<std::size_t>(now.size() + 1, 9), ' ');
    auto line = labelled(name, now);
    line.push_back({sparkline(all, columns), tint::name});
    if (!all.empty()) {
      line.push_back({"  maximum " + text(*std::ranges::max_element(all)), tint::faint});
    }
    to.push_back(std::move(line));
  };
  add("requests", rates, rate_text);
  add("p99", latencies, [](double seconds) { return text_of(seconds); });
}

void top_model::add_figures(std::vector<frame_line>& to) const {
  auto const lookups = [this](char const* result) {
    figure_choice const which{.name = "cfgd_cache_lookups", .label = "result", .value = result};
    return before_ ? rate_of(which) : sum_of(newest_->figures, which);
  };
  double const hits = lookups("hit");
  double const misses = lookups("miss");
  std::string const share =
      hits + misses > 0 ? short_number(100 * hits / (hits + misses)) + " % hits, " : "";
  to.push_back(labelled("cache", share + bytes_of(sum("cfgd_cache_bytes")) + " of " +
                                     bytes_of(sum("cfgd_cache_limit_bytes")) + ", " +
                                     short_number(sum("cfgd_cache_evictions")) + " evictions"));
  to.push_back(labelled("clients", counted(sum("cfgd_connections"), "connection") + ", +" +
                                       rate_text(rate_of({"cfgd_connections_accepted"})) + ", " +
                                       short_number(sum("cfgd_connections_refused")) +
                                       " refused; " + counted(sum("cfgd_watchers"), "watcher") +
                                       "; " + bytes_of(sum("cfgd_reply_queue_bytes")) + " queued"));
  std::optional<double> commit_p99;
  if (before_) {
    commit_p99 = quantile_of(
        added_since(before_->figures, newest_->figures, {"cfgd_commit_duration_seconds"}), 0.99);
  }
  to.push_back(
      labelled("commits", rate_text(rate_of({"cfgd_commits"})) + ", p99 " + text_of(commit_p99) +
                              ", " + short_number(sum("cfgd_committer_queue_length")) +
                              " waiting; memory " + bytes_of(sum("cfgd_resident_memory_bytes"))));
}

void top_model::add_users(std::vector<frame_line>& to) const {
  constexpr std::size_t most = 3;
  char const* title = "users";
  for (auto& line : user_lines(newest_->use, most))
    to.push_back(labelled(std::exchange(title, ""), std::move(line)));
}

void top_model::add_methods(std::vector<frame_line>& to, view const& how, std::size_t most) const {
  constexpr std::size_t columns_of_all = 60;
  bool const narrow = how.columns < columns_of_all; // a block of lines for each would hide the rest
  std::vector<table::column> columns{path("METHOD"), right("CALLS"), right("FAILED"), right("P99")};
  if (!narrow) columns.insert(columns.end(), {right("P50"), right("MEAN"), right("TOTAL")});
  table rows(std::move(columns));
  auto all = methods(how.order);
  if (all.size() > most) all.resize(most);
  for (auto const& one : all) {
    std::vector<table::cell> row{one.name, rate_text(one.rate), rate_text(one.failed),
                                 text_of(one.p99)};
    if (!narrow)
      row.insert(row.end(), {text_of(one.median), text_of(one.mean), short_number(one.total)});
    rows.add(std::move(row));
  }
  append_table(to, rows.str({.terminal = true, .colored = false, .columns = how.columns}));
}

void top_model::add_health(std::vector<frame_line>& to) const {
  std::size_t healthy = 0;
  for (auto const& one : newest_->health.checks) {
    if (one.status == "healthy") {
      ++healthy;
      continue;
    }
    std::string name = one.name;
    name.append(" ").append(one.status);
    to.push_back({{std::move(name), health_color(one.status)}, "  " + one.message});
  }
  to.push_back(labelled("health", std::to_string(healthy) + " of " +
                                      std::to_string(newest_->health.checks.size()) +
                                      " checks are healthy"));
}

void top_model::add_files(std::vector<frame_line>& to) const {
  if (auto const& bad = newest_->bad_files; !bad.empty()) {
    std::string more = bad.size() > 1 ? " (and " + std::to_string(bad.size() - 1) + " more)" : "";
    to.push_back({{"files     ", tint::faint}, {trouble_text(bad.front()) + more, tint::bad}});
  }
  if (auto const& last = newest_->last_problem) {
    auto const when = parse_rfc3339(last->last_time.value_or(last->time));
    std::string const age =
        when ? duration_text(std::chrono::floor<std::chrono::seconds>(newest_->at - *when)) : "?";
    to.push_back({{"problem   ", tint::faint},
                  {last->kind + ' ' + age + " ago", last->resolved ? tint::faint : tint::warning},
                  "  " + last->source + ": " + last->message});
  }
}

boost::json::value top_model::json(top_order order) const {
  boost::json::object out;
  if (!newest_) return out;
  out["time"] = to_rfc3339(newest_->at);
  out["revision"] = static_cast<std::uint64_t>(sum("cfgd_revision"));
  out["connections"] = static_cast<std::uint64_t>(sum("cfgd_connections"));
  out["watchers"] = static_cast<std::uint64_t>(sum("cfgd_watchers"));
  out["requestsPerSecond"] = history_.empty() ? 0 : history_.back().rate;
  boost::json::array rows;
  for (auto const& one : methods(order)) {
    boost::json::object row{{"method", one.name},
                            {"callsPerSecond", one.rate},
                            {"failedPerSecond", one.failed},
                            {"total", static_cast<std::uint64_t>(one.total)}};
    if (one.mean) row["meanSeconds"] = *one.mean;
    if (one.median) row["p50Seconds"] = *one.median;
    if (one.p99) row["p99Seconds"] = *one.p99;
    rows.push_back(std::move(row));
  }
  out["methods"] = std::move(rows);
  out["status"] = newest_->health.status;
  boost::json::array checks;
  for (auto const& one : newest_->health.checks) {
    checks.push_back(
        {{"name", one.name}, {"status", one.status}, {"message", one.message}, {"time", one.time}});
  }
  out["checks"] = std::move(checks);
  out["badFiles"] = json_of(newest_->bad_files);
  if (newest_->last_problem) out["lastProblem"] = json_of(*newest_->last_problem);
  out["changes"] = json_of(newest_->changes);
  return out;
}

void top_model::add_changes(std::vector<frame_line>& to) const {
  for (auto const& one : newest_->changes) {
    auto const when = parse_rfc3339(one.time);
    std::string const age =
        when ? duration_text(std::chrono::floor<std::chrono::seconds>(newest_->at - *when)) : "?";
    std::string who = one.from.layer;
    if (one.from.uid) who += ' ' + user_text(*one.from.uid);
    std::string number = "r" + std::to_string(one.revision);
    number += ' ';
    to.push_back({{std::move(number), tint::faint},
                  std::string(age).append(" ago  ").append(who).append("  "),
                  {keys_of(one), tint::name}});
  }
}

std::vector<frame_line> top_model::frame(view const& how) const {
  std::vector<frame_line> out;
  if (!newest_) {
    out.push_back({{how.trouble.empty() ? "waiting for the service" : how.trouble, tint::warning}});
    return out;
  }
  add_head(out, how);
  add_history(out, how);
  add_figures(out);
  add_users(out);
  std::vector<frame_line> bottom;
  add_health(bottom);
  add_files(bottom);
  add_changes(bottom);
  std::size_t const fixed = out.size() + bottom.size() + 2; // an empty line, and the table's head
  std::size_t const room = how.rows > fixed ? how.rows - fixed : 0;
  out.emplace_back();
  add_methods(out, how, std::max<std::size_t>(room > 0 ? room - 1 : 0, 3));
  out.emplace_back();
  std::move(bottom.begin(), bottom.end(), std::back_inserter(out));
  if (out.size() > how.rows) out.resize(how.rows);
  for (auto& line : out) {
    for (auto& one : line)
      one.text = printable(one.text);
  }
  return out;
}

std::string sparkline(std::vector<double> const& numbers, std::size_t columns) {
  constexpr std::array<char const*, 8> bars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (numbers.empty()) return {};
  auto const first = numbers.end() - static_cast<std::ptrdiff_t>(std::min(columns, numbers.size()));
  double const most = *std::max_element(first, numbers.end());
  std::string out;
  for (auto at = first; at != numbers.end(); ++at) {
    double const part = most > 0 ? std::clamp(*at / most, 0.0, 1.0) : 0;
    out += bars.at(static_cast<std::size_t>(std::lround(part * (bars.size() - 1))));
  }
  return out;
}

std::string frame_text(screen const& where, std::vector<frame_line> const& lines) {
  std::string out;
  for (auto const& line : lines) {
    for (auto const& one : line)
      out += paint(where, one.color, one.text);
    out += '\n';
  }
  return out;
}

} // namespace cfgd::cfgctl
