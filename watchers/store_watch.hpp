#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

namespace cfgd::watchers {

/// Tells when the store's data file may have been written to, by whomever: inotify on its
/// directory, events within `quiet` are one, and a slow tick in case the kernel says nothing. Loop
/// thread only.
class store_watch {
 public:
  store_watch(boost::asio::any_io_executor const& loop, std::filesystem::path const& data_file,
              std::chrono::milliseconds quiet, std::chrono::milliseconds tick,
              std::function<void()> written);
  ~store_watch();
  store_watch(store_watch const&) = delete;
  store_watch& operator=(store_watch const&) = delete;

  /// Watches until cancelled; spawn it in a task group, once.
  boost::asio::awaitable<void> run();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::watchers
