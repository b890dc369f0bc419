#include "cfgctl/top/figures.hpp"

#include <algorithm>
#include <numeric>

namespace cfgd::cfgctl {
namespace {

/// Adds the counts of another histogram `times` times. One whose counts or bounds do not fit is
/// ignored.
void add(histogram& to, histogram const& other, int times) {
  if (other.counts.size() != other.bounds.size() + 1) return;
  if (to.counts.empty()) {
    to.bounds = other.bounds;
    to.counts.resize(other.counts.size());
  }
  if (other.bounds != to.bounds) return;
  for (std::size_t at = 0; at < to.counts.size(); ++at)
    to.counts[at] += times * other.counts[at];
  to.sum += times * other.sum;
}

} // namespace

std::int64_t count_of(histogram const& what) {
  return std::accumulate(what.counts.begin(), what.counts.end(), std::int64_t{0});
}

std::optional<double> quantile_of(histogram const& what, double which) {
  auto const all = count_of(what);
  if (all <= 0) return {};
  double const rank = which * static_cast<double>(all);
  double below = 0;
  for (std::size_t at = 0; at < what.bounds.size(); ++at) {
    auto const count = static_cast<double>(what.counts[at]);
    if (count > 0 && below + count >= rank) {
      double const low = at == 0 ? 0 : what.bounds[at - 1];
      return low + (what.bounds[at] - low) * std::max(0.0, rank - below) / count;
    }
    below += count;
  }
  return what.bounds.empty() ? 0 : what.bounds.back();
}

std::optional<double> mean_of(histogram const& what) {
  auto const all = count_of(what);
  if (all <= 0) return {};
  return what.sum / static_cast<double>(all);
}

std::string_view label_of(client::figure const& one, std::string_view name) {
  auto const found =
      std::ranges::find_if(one.labels, [&](auto const& each) { return each.first == name; });
  return found != one.labels.end() ? std::string_view(found->second) : std::string_view();
}

bool figure_choice::has(client::figure const& one) const {
  return one.name == name && (label.empty() || label_of(one, label) == value);
}

double sum_of(figure_list const& all, figure_choice const& which) {
  double out = 0;
  for (client::figure const& one : all)
    if (which.has(one)) out += one.value.value_or(0);
  return out;
}

histogram added_since(figure_list const& earlier, figure_list const& now,
                      figure_choice const& which) {
  histogram out;
  for (auto const& [figures, times] : {std::pair(&now, 1), std::pair(&earlier, -1)})
    for (client::figure const& one : *figures)
      if (one.histogram && which.has(one)) add(out, *one.histogram, times);
  return out;
}

} // namespace cfgd::cfgctl
