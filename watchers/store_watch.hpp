#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

namespace cfgd::watchers {

/// Notifies when the store's data file may have been written to, by any process. It uses inotify on
/// the directory of the file; events within `quiet` cause one notification. It also notifies every
/// `tick`, in case the kernel reports nothing. Loop thread only, but for silence.
class store_watch {
 public:
  /// `written` is called on the loop; it must check whether there is a new transaction.
  store_watch(boost::asio::any_io_executor const& loop, std::filesystem::path const& data_file,
              std::chrono::milliseconds quiet, std::chrono::milliseconds tick,
              std::function<void()> written);
  ~store_watch();
  store_watch(store_watch const&) = delete;
  store_watch& operator=(store_watch const&) = delete;

  /// Hides the writes of this process while it lives, so that its own commits notify nobody. Writes
  /// of other processes at that time are hidden, too: after the end the caller must look for their
  /// transactions. Those that come later are notified. Any thread, one at a time; null: does
  /// nothing.
  class silence {
   public:
    explicit silence(store_watch* of);
    ~silence();
    silence(silence const&) = delete;
    silence& operator=(silence const&) = delete;

   private:
    store_watch* of_;
  };

  /// Watches until cancelled. To be spawned once, in a task group that ends before this object. If
  /// inotify is not available, only the ticks notify.
  boost::asio::awaitable<void> run();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::watchers
