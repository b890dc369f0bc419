#pragma once

#include "apply/applier.hpp"
#include "apply/definition_watch.hpp"
#include "apply/report.hpp"
#include "client/connection.hpp"
#include "client/watcher.hpp"
#include "ipc/task_group.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace cfgd::apply {

/// Where everything is.
struct layout {
  target_directories targets;
  std::filesystem::path state;  ///< the journal
  std::filesystem::path report; ///< the state of all targets, for cfgctl
  std::string socket;           ///< of cfgd, as client::socket_path() takes it

  static layout system();
  /// As `cfgd --root` has it.
  static layout below(std::filesystem::path const& root);
};

/// Watches the keys of all targets and applies every change. One thread, which waits for programs
/// and units: an application is never left halfway because the program is to end, nor are two
/// changes applied at once. What arrives meanwhile is one more application, of the newest revision.
class service {
 public:
  service(boost::asio::io_context& loop, layout const& places, journal& record,
          unit_control& units);
  ~service();
  service(service const&) = delete;
  service& operator=(service const&) = delete;

  /// Finishes what an earlier process has left, and begins. Then the loop has to run; it ends after
  /// SIGTERM or SIGINT. SIGHUP reads the targets again; so does a change of their files.
  void start();

 private:
  using clock = std::chrono::steady_clock;
  struct watch;

  void read_definitions();
  /// The same, and applies them.
  void reload();
  void begin_watches();
  boost::asio::awaitable<void> follow(watch& which);
  /// Applies soon: at once, or when enough time has passed since the last application.
  void wake();
  void wake_after(std::chrono::milliseconds time);
  void apply_now();
  void publish(std::uint64_t revision);
  void acknowledge();
  /// A target that is not defined any more is nobody to wait for.
  void forget_removed(client::connection& link);
  unit_control::starting how_to_start();
  void on_signal(int number);
  void await_signal();
  void notify_ready();
  std::set<std::string> take_requests();

  boost::asio::io_context& loop_;
  layout places_;
  unit_control& units_;
  applier applier_;
  target_map targets_;
  bool is_whole_ = true;         ///< every directory of targets could be read
  bool look_for_removed_ = true; ///< cfgd may know consumers that are not targets
  std::map<std::string, std::unique_ptr<watch>> watches_;
  std::set<std::string> requests_;                  ///< forced by name, and not applied yet
  std::map<std::string, std::string> acknowledged_; ///< acknowledged last, by target
  std::uint64_t revision_ = 0;
  boost::asio::steady_timer timer_;
  boost::asio::signal_set signals_;
  definition_watch definitions_;
  clock::time_point next_; ///< no application before
  std::optional<clock::time_point> waiting_until_;
  bool is_ready_ = false;
  bool is_stopping_ = false;
  bool was_unread_ = false; ///< values could not be read the last time
  ipc::task_group tasks_;
};

} // namespace cfgd::apply
