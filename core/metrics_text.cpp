#include "core/metrics_text.hpp"

#include "core/json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <stdexcept>

// The text is small and requested a few times a minute, so it is written again each time from plain
// numbers that their owners keep. Code that counts does not depend on this file.
//
// The two formats differ in how counters are named above their samples, and in lines that the older
// one does not know. So the older one is made from the newer, line by line.

namespace cfgd::metrics {
namespace {

constexpr std::array<std::string_view, 3> type_names{"counter", "gauge", "histogram"};

/// Both in HELP and in label values; there " too.
void append_escaped(std::string& out, std::string_view text, std::string_view also = {}) {
  for (char const one : text) {
    if (one == '\n') {
      out += "\\n";
      continue;
    }
    if (one == '\\' || also.find(one) != also.npos) out += '\\';
    out += one;
  }
}

std::string number_text(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  std::string text;
  json::append_number(text, number);
  return text;
}

/// The end of a class, written as everybody does: it is a label, and compared as text.
std::string le_text(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", number);
  std::string out(text.data());
  return out.find('.') == out.npos ? out + ".0" : out;
}

bool is_name(std::string_view name) {
  auto const is_word = [](char one) {
    return one == '_' || (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9');
  };
  return name.starts_with("cfgd_") && std::ranges::all_of(name, is_word);
}

void check(family const& what) {
  bool const has_suffix = std::ranges::any_of(
      std::initializer_list<std::string_view>{"_total", "_count", "_sum", "_bucket", "_created"},
      [&](auto end) { return what.name.ends_with(end); });
  bool const has_unit = what.unit.empty() || what.name.ends_with('_' + what.unit);
  if (!is_name(what.name) || has_suffix || !has_unit || what.help.empty())
    throw std::invalid_argument("no name for figures: " + what.name);
}

/// The samples of one family as OpenMetrics lines.
class line_writer {
 public:
  line_writer(std::string& out, family const& of) : out_(out), of_(of) {}

  void write(sample const& one) {
    labels_ = &one.with;
    std::visit([this](auto const& value) { write_value(value); }, one.value);
  }

 private:
  void write_value(double number) { line(value_suffix(), {}, number_text(number)); }
  void write_value(std::uint64_t number) { line(value_suffix(), {}, std::to_string(number)); }
  void write_value(duration_histogram const& times) {
    std::uint64_t below = 0;
    for (std::size_t index = 0; index < times.classes().size(); ++index) {
      below += times.classes().at(index);
      bool const last = index == duration_histogram::bounds.size();
      line("_bucket", last ? "+Inf" : le_text(duration_histogram::bounds.at(index)),
           std::to_string(below));
    }
    line("_sum", {}, number_text(times.sum_seconds()));
    line("_count", {}, std::to_string(times.count()));
  }

  std::string_view value_suffix() const { return of_.what == type::counter ? "_total" : ""; }

  void line(std::string_view suffix, std::string_view le, std::string_view number) {
    out_.append(of_.name).append(suffix);
    char joint = '{';
    auto const add = [&](std::string_view name, std::string_view text) {
      out_.append(1, joint).append(name).append("=\"");
      append_escaped(out_, text, "\"");
      out_ += '"';
      joint = ',';
    };
    for (auto const& [name, text] : *labels_)
      add(name, text);
    if (!le.empty()) add("le", le);
    if (joint == ',') out_ += '}';
    out_.append(1, ' ').append(number).append(1, '\n');
  }

  std::string& out_;
  family const& of_;
  decltype(sample::with) const* labels_ = nullptr;
};

void append_json(std::string& out, double number) {
  if (std::isfinite(number))
    json::append_number(out, number);
  else
    out += "null"; // JSON has no word for it
}

void append_json(std::string& out, std::uint64_t number) { out += std::to_string(number); }

template <class Numbers>
void append_json_array(std::string& out, Numbers const& all) {
  char joint = '[';
  for (auto const one : all) {
    out += joint;
    append_json(out, one);
    joint = ',';
  }
  out += ']';
}

void append_json(std::string& out, duration_histogram const& times) {
  out += "{\"bounds\":";
  append_json_array(out, duration_histogram::bounds);
  out += ",\"counts\":";
  append_json_array(out, times.classes());
  out += ",\"sum\":";
  append_json(out, times.sum_seconds());
  out += '}';
}

void append_sample(std::string& out, family const& of, sample const& one) {
  out += "{\"name\":";
  json::append_string(out, of.name);
  out.append(",\"kind\":\"").append(to_string(of.what)).append("\",\"labels\":{");
  for (auto const& [name, text] : one.with) {
    if (out.back() != '{') out += ',';
    json::append_string(out, name);
    out += ':';
    json::append_string(out, text);
  }
  out += of.what == type::histogram ? "},\"histogram\":" : "},\"value\":";
  std::visit([&](auto const& value) { append_json(out, value); }, one.value);
  out += '}';
}

std::vector<sample> collected(registry::collector const& collect) {
  std::vector<sample> samples;
  sampler into(samples);
  collect(into);
  return samples;
}

} // namespace

std::string_view to_string(type which) { return type_names.at(static_cast<std::size_t>(which)); }

void sampler::add(decltype(sample::value) value, labels const& with) {
  out_.push_back({.with = {with.begin(), with.end()}, .value = value});
}

void registry::add(family what, collector samples) {
  check(what);
  auto const known = names();
  if (std::ranges::find(known, what.name) != known.end())
    throw std::invalid_argument("figures are there already: " + what.name);
  families_.emplace_back(std::move(what), std::move(samples));
}

std::vector<std::string> registry::names() const {
  std::vector<std::string> all;
  for (auto const& [what, samples] : families_)
    all.push_back(what.name);
  return all;
}

void registry::append_text(std::string& out, std::size_t index) const {
  auto const& [what, collect] = families_.at(index);
  auto const samples = collected(collect);
  if (samples.empty()) return;
  out.append("# TYPE ").append(what.name).append(1, ' ').append(to_string(what.what)) += '\n';
  if (!what.unit.empty())
    out.append("# UNIT ").append(what.name).append(1, ' ').append(what.unit) += '\n';
  out.append("# HELP ").append(what.name) += ' ';
  append_escaped(out, what.help, "\"");
  out += '\n';
  line_writer lines(out, what);
  for (auto const& one : samples)
    lines.write(one);
}

std::string registry::text() const {
  std::string out;
  for (std::size_t index = 0; index < size(); ++index)
    append_text(out, index);
  return out.append(open_metrics_end);
}

void registry::append_json(std::string& out, std::size_t index) const {
  auto const& [what, collect] = families_.at(index);
  for (auto const& one : collected(collect)) {
    if (!out.empty() && out.back() != '[') out += ',';
    append_sample(out, what, one);
  }
}

std::string registry::json() const {
  std::string out = "[";
  for (std::size_t index = 0; index < size(); ++index)
    append_json(out, index);
  return out += ']';
}

std::string to_prometheus_text(std::string_view open_metrics) {
  std::string out;
  std::string counter; ///< the family at hand, if it is one
  while (!open_metrics.empty()) {
    auto const end = std::min(open_metrics.find('\n'), open_metrics.size());
    auto line = open_metrics.substr(0, end);
    open_metrics.remove_prefix(std::min(end + 1, open_metrics.size()));
    if (line.starts_with("# UNIT ") || line == "# EOF") continue;
    if (line.starts_with("# TYPE ")) {
      bool const is_counter = line.ends_with(" counter");
      auto const name = line.substr(7, line.rfind(' ') - 7);
      counter = is_counter ? std::string(name) : std::string();
    }
    auto const head = line.substr(0, 7);
    bool const names_it = (head == "# TYPE " || head == "# HELP ") && !counter.empty() &&
                          line.substr(7).starts_with(counter + ' ');
    if (names_it) {
      out.append(head).append(counter).append("_total");
      line.remove_prefix(7 + counter.size());
    }
    // Escaped quotes are OpenMetrics' alone there.
    if (head == "# HELP ")
      for (std::size_t at = 0; at < line.size(); ++at) {
        if (line[at] == '\\' && at + 1 < line.size() && line[at + 1] == '"')
          ++at;
        else if (line[at] == '\\' && at + 1 < line.size())
          out += line[at++];
        out += line[at];
      }
    else
      out += line;
    out += '\n';
  }
  return out;
}

} // namespace cfgd::metrics
