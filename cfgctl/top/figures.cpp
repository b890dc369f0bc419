#include "cfgctl/top/figures.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace cfgd::cfgctl {
namespace {

namespace bj = boost::json;

double number_of(bj::object const& from, std::string_view name) {
  auto const* const found = from.if_contains(name);
  return found != nullptr && found->is_number() ? found->to_number<double>() : 0;
}

std::vector<double> numbers_of(bj::object const& from, std::string_view name) {
  std::vector<double> out;
  auto const* const found = from.if_contains(name);
  if (found == nullptr || !found->is_array()) return out;
  for (auto const& one : found->get_array())
    if (one.is_number()) out.push_back(one.to_number<double>());
  return out;
}

std::optional<histogram> histogram_of(bj::object const& from) {
  auto const* const found = from.if_contains("histogram");
  if (found == nullptr || !found->is_object()) return {};
  auto const& inner = found->get_object();
  histogram out{.bounds = numbers_of(inner, "bounds"),
                .counts = numbers_of(inner, "counts"),
                .sum = number_of(inner, "sum")};
  if (out.counts.size() != out.bounds.size() + 1) return {};
  return out;
}

} // namespace

double histogram::count() const { return std::accumulate(counts.begin(), counts.end(), 0.0); }

std::optional<double> histogram::quantile(double which) const {
  double const all = count();
  if (!(all > 0)) return {};
  double const rank = which * all;
  double below = 0;
  for (std::size_t at = 0; at < bounds.size(); ++at) {
    if (counts[at] > 0 && below + counts[at] >= rank) {
      double const low = at == 0 ? 0 : bounds[at - 1];
      return low + (bounds[at] - low) * std::max(0.0, rank - below) / counts[at];
    }
    below += counts[at];
  }
  return bounds.empty() ? 0 : bounds.back();
}

std::optional<double> histogram::mean() const {
  double const all = count();
  if (!(all > 0)) return {};
  return sum / all;
}

void histogram::add(histogram const& other, double times) {
  if (counts.empty()) {
    bounds = other.bounds;
    counts.resize(other.counts.size());
  }
  if (other.bounds != bounds) return;
  for (std::size_t at = 0; at < counts.size(); ++at)
    counts[at] += times * other.counts[at];
  sum += times * other.sum;
}

std::string_view figure::label(std::string_view wanted) const {
  auto const found = labels.find(wanted);
  return found != labels.end() ? std::string_view(found->second) : std::string_view();
}

bool figure_choice::has(figure const& one) const {
  return one.name == name && (label.empty() || one.label(label) == value);
}

figures figures::parse(bj::object const& reply) {
  std::vector<figure> out;
  auto const* const list = reply.if_contains("figures");
  if (list == nullptr || !list->is_array()) return figures();
  for (auto const& one : list->get_array()) {
    auto const* const members = one.if_object();
    auto const* const name = members != nullptr ? members->if_contains("name") : nullptr;
    if (name == nullptr || !name->is_string()) continue;
    figure made;
    made.name = name->get_string();
    made.value = number_of(*members, "value");
    made.times = histogram_of(*members);
    auto const* const labels = members->if_contains("labels");
    if (labels != nullptr && labels->is_object()) {
      for (auto const& label : labels->get_object())
        if (auto const* const text = label.value().if_string()) made.labels[label.key()] = *text;
    }
    out.push_back(std::move(made));
  }
  return figures(std::move(out));
}

double figures::sum(figure_choice const& which) const {
  double out = 0;
  for (figure const& one : all_)
    if (which.has(one)) out += one.value;
  return out;
}

histogram figures::since(figures const& earlier, figure_choice const& which) const {
  histogram out;
  for (figure const& one : all_)
    if (one.times && which.has(one)) out.add(*one.times, 1);
  for (figure const& one : earlier.all_)
    if (one.times && which.has(one)) out.add(*one.times, -1);
  return out;
}

} // namespace cfgd::cfgctl
