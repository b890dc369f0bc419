#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The figures of the service, as io.cfgd.Service.Figures returns them.
namespace cfgd::cfgctl {

/// How many durations fell between bounds, in seconds.
struct histogram {
  std::vector<double> bounds; ///< upper bounds, ascending
  std::vector<double> counts; ///< for each bound, and one more: above all bounds
  double sum = 0;

  double count() const;
  /// Interpolated between two bounds; the highest bound for what is above it. Absent if nothing was
  /// counted. `which` is from 0 to 1.
  std::optional<double> quantile(double which) const;
  std::optional<double> mean() const;

  /// Adds the counts of another histogram `times` times. One with other bounds is ignored, unless
  /// this one is empty.
  void add(histogram const& other, double times);
};

struct figure {
  std::string name;
  std::map<std::string, std::string, std::less<>> labels;
  double value = 0;
  std::optional<histogram> times = {};

  /// The value of a label, or an empty text.
  std::string_view label(std::string_view wanted) const;
};

/// Which figures are meant: all of a name, or only those with a label of a value.
struct figure_choice {
  std::string_view name;
  std::string_view label = {}; ///< empty: all
  std::string_view value = {};

  bool has(figure const& one) const;
};

class figures {
 public:
  figures() = default;
  explicit figures(std::vector<figure> all) : all_(std::move(all)) {}

  /// From the parameters of the reply. Leaves out what is not a valid figure.
  static figures parse(boost::json::object const& reply);

  std::vector<figure> const& all() const { return all_; }
  double sum(figure_choice const& which) const;
  /// What was added to the histograms, together, since an earlier time.
  histogram since(figures const& earlier, figure_choice const& which) const;

 private:
  std::vector<figure> all_;
};

} // namespace cfgd::cfgctl
