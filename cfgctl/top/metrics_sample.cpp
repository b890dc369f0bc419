/// Reading OpenMetrics text, as far as cfgd writes it: a line is a name, labels or none, and a
/// number. Comments, exemplars and timestamps are left alone.

#include "cfgctl/top/metrics_sample.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace cfgd::cfgctl {
namespace {

/// The text of a label up to its closing quote, which is taken away with it.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string out;
  while (!text.empty()) {
    char next = text.front();
    text.remove_prefix(1);
    if (next == '"') return out;
    if (next == '\\' && !text.empty()) {
      next = text.front() == 'n' ? '\n' : text.front();
      text.remove_prefix(1);
    }
    out += next;
  }
  return {};
}

/// {a="b",c="d"}, behind its brace.
bool take_labels(std::string_view& text, metrics_sample::labels& into) {
  while (!text.starts_with('}')) {
    auto const equals = text.find("=\"");
    if (equals == std::string_view::npos) return false;
    std::string name(text.substr(0, equals));
    text.remove_prefix(equals + 2);
    auto value = take_quoted(text);
    if (!value) return false;
    into.emplace_back(std::move(name), std::move(*value));
    if (text.starts_with(',')) text.remove_prefix(1);
  }
  text.remove_prefix(1);
  return true;
}

std::optional<double> number_of(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with("Inf")) return std::numeric_limits<double>::infinity();
  double out = 0;
  auto const [at, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc()) return {};
  return out;
}

std::optional<metrics_sample::series> read_line(std::string_view line) {
  if (line.empty() || line.starts_with('#')) return {};
  metrics_sample::series out;
  auto const end = line.find_first_of("{ ");
  if (end == std::string_view::npos) return {};
  out.name = line.substr(0, end);
  bool const labelled = line[end] == '{';
  line.remove_prefix(end + 1);
  if (labelled && !take_labels(line, out.with)) return {};
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  auto const value = number_of(line);
  if (!value) return {};
  out.value = *value;
  return out;
}

bool is_wanted(metrics_sample::series const& one, std::string_view label, std::string_view value) {
  return label.empty() || one.label(label) == value;
}

} // namespace

std::string_view metrics_sample::series::label(std::string_view wanted) const {
  for (auto const& one : with) {
    if (one.first == wanted) return one.second;
  }
  return {};
}

metrics_sample metrics_sample::parse(std::string_view text) {
  metrics_sample out;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    if (auto one = read_line(text.substr(0, end))) out.all_.push_back(std::move(*one));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

double metrics_sample::sum(std::string_view name, std::string_view label,
                           std::string_view value) const {
  double out = 0;
  for (series const& one : all_) {
    if (one.name == name && is_wanted(one, label, value)) out += one.value;
  }
  return out;
}

bool metrics_sample::contains(std::string_view name) const {
  return std::ranges::find(all_, name, &series::name) != all_.end();
}

void histogram::add(double bound, double count) {
  auto const at = std::ranges::lower_bound(buckets, bound, {}, &std::pair<double, double>::first);
  if (at != buckets.end() && at->first == bound) {
    at->second += count;
  } else {
    buckets.insert(at, {bound, count});
  }
}

std::optional<double> histogram::quantile(double which) const {
  if (!(count() > 0)) return {};
  double const rank = which * count();
  double low = 0;
  double below = 0;
  for (auto const& [bound, upto] : buckets) {
    if (upto >= rank && upto > below) {
      if (std::isinf(bound)) return low; // more is not known
      return low + (bound - low) * std::max(0.0, rank - below) / (upto - below);
    }
    low = bound;
    below = upto;
  }
  return low;
}

std::optional<double> histogram::mean() const {
  if (!(count() > 0)) return {};
  return sum / count();
}

histogram histogram_between(metrics_sample const& before, metrics_sample const& now,
                            std::string_view name, std::string_view label, std::string_view value) {
  histogram out;
  std::string const buckets = std::string(name) + "_bucket";
  std::string const sums = std::string(name) + "_sum";
  auto const add = [&](metrics_sample const& from, double sign) {
    for (auto const& one : from.all()) {
      if (!is_wanted(one, label, value)) continue;
      if (one.name == sums) out.sum += sign * one.value;
      if (one.name != buckets) continue;
      if (auto const bound = number_of(one.label("le"))) out.add(*bound, sign * one.value);
    }
  };
  add(now, 1);
  add(before, -1);
  return out;
}

} // namespace cfgd::cfgctl
