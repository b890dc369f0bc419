#pragma once

#include "cfgctl/text/table.hpp"
#include "cfgctl/text/times.hpp"
#include "cfgctl/top/figures.hpp"
#include "client/health_types.hpp"
#include "client/history_types.hpp"
#include "client/types.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

/// What `cfgctl top` shows, without a terminal.
namespace cfgd::cfgctl {

/// The replies of the service at one time.
struct top_sample {
  std::chrono::steady_clock::time_point when;
  wall_time at; ///< the same moment by the wall clock
  figure_list figures;
  client::health_report health;
  std::vector<client::change> changes;             ///< the newest first
  std::vector<client::source_file> bad_files = {}; ///< sources that are not active
  std::optional<client::problem> last_problem = {};
  boost::json::object use = {}; ///< the reply of Usage; empty: not known
};

/// The calls that are made for a sample.
constexpr std::array<std::string_view, 6> own_calls{
    "io.cfgd.Service.Figures", "io.cfgd.Service.Health",   "io.cfgd.History.Log",
    "io.cfgd.Service.Sources", "io.cfgd.Service.Problems", "io.cfgd.Service.Usage"};

enum class top_order : std::uint8_t { rate, latency, total, name };
top_order next_of(top_order which);
std::string_view to_string(top_order which);

using frame_line = std::vector<table::cell>;

class top_model {
 public:
  struct view {
    std::size_t columns = 80;
    std::size_t rows = 24;
    top_order order = top_order::rate;
    std::chrono::milliseconds interval{2'000};
    bool paused = false;
    std::string trouble = {}; ///< why there is no newer sample
  };

  /// Adds a sample. Rates are computed from the last two. After a restart of the service they
  /// are 0 until there are two samples of the new process.
  void add(top_sample newest);

  struct method_row {
    std::string name;
    double total = 0;
    double rate = 0;   ///< per second
    double failed = 0; ///< per second
    // Latencies since the sample before, in seconds.
    std::optional<double> mean;
    std::optional<double> median;
    std::optional<double> p99;
  };
  /// Methods that were called since the sample before, or since the start of the service if this
  /// is the first or if they are sorted by that. The calls of `top` itself, one of own_calls for
  /// each sample, are not counted.
  std::vector<method_row> methods(top_order order) const;

  /// What the screen shows, for programs.
  boost::json::value json(top_order order) const;

  /// The screen, at most `rows` lines.
  std::vector<frame_line> frame(view const& how) const;

 private:
  struct point {
    double rate;
    double p99;
  };
  /// How much a counter grew per second.
  double rate_of(figure_choice const& which) const;
  /// The sum of all figures of a name in the newest sample.
  double sum(std::string_view name) const;
  /// Between the last two samples.
  double seconds() const;
  method_row row_of(std::string const& name) const;
  void add_head(std::vector<frame_line>& to, view const& how) const;
  void add_history(std::vector<frame_line>& to, view const& how) const;
  void add_figures(std::vector<frame_line>& to) const;
  void add_users(std::vector<frame_line>& to) const;
  void add_methods(std::vector<frame_line>& to, view const& how, std::size_t most) const;
  void add_health(std::vector<frame_line>& to) const;
  void add_files(std::vector<frame_line>& to) const;
  void add_changes(std::vector<frame_line>& to) const;

  std::optional<top_sample> newest_;
  std::optional<top_sample> before_;
  std::size_t own_ = 0;       ///< how often this program called each of own_calls
  std::deque<point> history_; ///< the oldest first
};

/// A bar for each of the last `columns` numbers; the largest of them has the full height.
std::string sparkline(std::vector<double> const& numbers, std::size_t columns);

/// The frame as text.
std::string frame_text(screen const& where, std::vector<frame_line> const& lines);

} // namespace cfgd::cfgctl
