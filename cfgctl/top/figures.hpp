#pragma once

#include "client/health_types.hpp"

#include <optional>
#include <string_view>
#include <vector>

/// Sums and latencies from the figures of the service.
namespace cfgd::cfgctl {

using figure_list = std::vector<client::figure>;
using histogram = client::duration_histogram;

std::int64_t count_of(histogram const& what);
/// Interpolated between two bounds; the highest bound for what is above it. Absent if nothing was
/// counted. `which` is from 0 to 1.
std::optional<double> quantile_of(histogram const& what, double which);
std::optional<double> mean_of(histogram const& what);

/// The value of a label, or an empty text.
std::string_view label_of(client::figure const& one, std::string_view name);

/// Which figures are meant: all of a name, or only those with a label of a value.
struct figure_choice {
  std::string_view name;
  std::string_view label = {}; ///< empty: all
  std::string_view value = {};

  bool has(client::figure const& one) const;
};

double sum_of(figure_list const& all, figure_choice const& which);
/// What was added to the histograms, together, since an earlier time.
histogram added_since(figure_list const& earlier, figure_list const& now,
                      figure_choice const& which);

} // namespace cfgd::cfgctl
