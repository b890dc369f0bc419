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

/// Keeps the list of problems: hears of them from the log, whoever writes there, and saves them in
/// a file so that they outlive the process. The list is the loop's.
class problems_keeper {
 public:
  /// Takes up what the file has. One that is damaged is ignored, with a warning.
  problems_keeper(boost::asio::any_io_executor loop, file_writer& files,
                  std::filesystem::path file);
  ~problems_keeper();
  problems_keeper(problems_keeper const&) = delete;
  problems_keeper& operator=(problems_keeper const&) = delete;

  problems const& kept() const;
  void clear();

  /// At the start: sources that are in force as saved have no problem any more, and those that are
  /// not have one.
  void compare(std::vector<engine::source_row> const& rows);

  /// Now and then, about once a second: looks after the journal, and saves what is new.
  void tick();
  /// Saves what is new, and calls `done` when that is done or has failed.
  void save(std::function<void()> done);

 private:
  struct state;

  void read_file();
  void watch_journal();
  void saved(result<void> const& outcome);

  boost::asio::any_io_executor loop_;
  file_writer& files_;
  std::filesystem::path file_;
  std::shared_ptr<state> state_; ///< what the listener's messages find, or find gone
  bool saving_ = false;
  bool cannot_save_ = false;
  std::uint64_t lost_ = 0; ///< lines of the log, when it was looked last
  std::optional<log::listener> listener_;
};

} // namespace cfgd
