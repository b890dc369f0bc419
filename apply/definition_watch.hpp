#pragma once

#include "core/unique_fd.hpp"
#include "watchers/inotify.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cfgd::apply {

/// Notifies when files of the directories may have changed, also when a directory is made later.
/// What changes within a fifth of a second is one notification. Loop thread only.
class definition_watch {
 public:
  /// Begins at once. `changed` is called on the loop until stop(). Logs if inotify is not
  /// available; then nothing is ever notified.
  definition_watch(boost::asio::any_io_executor const& loop,
                   std::vector<std::filesystem::path> directories, std::function<void()> changed);
  ~definition_watch();
  definition_watch(definition_watch const&) = delete;
  definition_watch& operator=(definition_watch const&) = delete;

  void stop();

 private:
  using clock = std::chrono::steady_clock;

  void set_watches();
  void watch_nearest(std::filesystem::path const& directory,
                     std::map<int, std::set<std::string>>& into) const;
  void await_events();
  void on_event(watchers::kernel_event const& event);
  void await_quiet();

  std::vector<std::filesystem::path> directories_;
  std::function<void()> changed_;
  std::optional<watchers::inotify> kernel_;
  std::optional<boost::asio::posix::stream_descriptor> events_;
  boost::asio::steady_timer timer_;
  std::map<int, std::set<std::string>> watches_; ///< which names matter; none: all
  std::optional<clock::time_point> first_;       ///< event that is not notified yet
};

} // namespace cfgd::apply
