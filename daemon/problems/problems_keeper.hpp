#pragma once

#include "daemon/file_writer.hpp"
#include "daemon/problems/problems_report.hpp"
#include "engine/records.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace cfgd {

/// Keeps the list of problems: collects them from log lines of all threads, and saves them in a
/// file so that they outlive the process. The list belongs to the loop.
class problems_keeper {
 public:
  /// Reads the problems of the file. A damaged file is ignored, with a warning.
  problems_keeper(boost::asio::any_io_executor loop, file_writer& files,
                  std::filesystem::path file);
  ~problems_keeper();
  problems_keeper(problems_keeper const&) = delete;
  problems_keeper& operator=(problems_keeper const&) = delete;

  /// Valid as long as this object.
  problems const& kept() const;
  /// Forgets all problems; tick() saves that.
  void clear();

  /// Call at the start: resolves the problems of sources that are effective as saved, and records
  /// one for each source that is not.
  void compare(std::vector<engine::source_row> const& rows);

  /// Call about once a second: checks for lost log lines, and saves what has changed.
  void tick();
  /// Saves what has changed; calls `done` when that has succeeded or failed.
  void save(std::function<void()> done);

 private:
  struct state;

  void read_file();
  void watch_journal();
  void saved(result<void> const& outcome);

  boost::asio::any_io_executor loop_;
  file_writer& files_;
  std::filesystem::path file_;
  std::shared_ptr<state> state_; ///< the listener's messages have a weak pointer to it
  bool saving_ = false;
  bool cannot_save_ = false;
  std::uint64_t lost_ = 0; ///< number of lost log lines at the last tick()
  std::optional<log::listener> listener_;
};

} // namespace cfgd
