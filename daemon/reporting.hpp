#pragma once

#include "daemon/file_writer.hpp"
#include "daemon/memory_release.hpp"
#include "daemon/metrics/service_metrics.hpp"
#include "daemon/problems/problems_keeper.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <filesystem>
#include <string>

namespace cfgd {

/// Collects the figures of the service, writes them to a file, and does once a second what has no
/// event of its own: saving problems, noticing changed inputs of health checks, giving back memory.
/// Loop thread only.
class reporting {
 public:
  struct textfile {
    std::filesystem::path path; ///< empty: no file
    std::chrono::milliseconds interval{};
  };
  struct parts : service_parts {
    health::monitor const& checks;
    problems_keeper& wrong;
    file_writer& disk;
    std::function<bool()> ready;
    std::function<void()> look_at_inputs; ///< of health checks; called once a second
  };

  /// The parts must outlive it.
  reporting(boost::asio::any_io_executor const& loop, parts with, textfile where);

  /// Until cancelled; spawn it in a task group.
  boost::asio::awaitable<void> run();
  /// Valid as long as this object.
  metrics::registry const& figures() const { return figures_; }

 private:
  using clock = std::chrono::steady_clock;

  void tick(clock::time_point now);
  void write_textfile();
  void look_at_memory(clock::time_point now);
  void look_at_watches();

  parts with_;
  textfile where_;
  duration_histogram lag_;
  metrics::registry figures_;
  boost::asio::steady_timer timer_;
  clock::time_point next_textfile_;
  bool writing_ = false;
  bool cannot_write_ = false;
  bool polls_ = false;
  bool has_started_ = false;
  memory_release release_;
};

} // namespace cfgd
