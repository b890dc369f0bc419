#pragma once

#include "daemon/view.hpp"
#include "engine/records.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <deque>

namespace cfgd {

/// Logs what is published (announce.hpp), when the answers and what watchers get of it are on their
/// way: a bounded number of changes waits, and is lost if the process is killed then. These lines
/// have the order of revisions. States of sources are logged at once, as they are problems, too.
/// Loop thread only; must outlive the loop's run.
class announcer {
 public:
  /// Changes that wait at most; more are written at once, the oldest first.
  static constexpr std::size_t most_waiting = 1'024;

  announcer(boost::asio::any_io_executor loop, view& now) : loop_(std::move(loop)), now_(now) {}
  /// Writes what waits.
  ~announcer() { flush(); }
  announcer(announcer const&) = delete;
  announcer& operator=(announcer const&) = delete;

  /// Call it after the change was published to the view.
  void announce(engine::committed_change const& done);
  /// Writes the lines that wait.
  void flush() { write(waiting_.size()); }

 private:
  void write(std::size_t count);
  void write_first();
  /// Writes a slice of the lines that are due, and comes again.
  void run();

  boost::asio::any_io_executor loop_;
  view& now_;
  std::deque<engine::committed_change> waiting_; ///< what of them is logged
  std::size_t due_ = 0; ///< so many of them: a turn of the loop has passed since
  bool posted_ = false;
};

} // namespace cfgd
