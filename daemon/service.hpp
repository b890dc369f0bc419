#pragma once

#include "daemon/access.hpp"
#include "daemon/committer.hpp"
#include "daemon/health/status_table.hpp"
#include "daemon/methods/context.hpp"
#include "daemon/methods/dispatcher.hpp"
#include "daemon/problems/problems_keeper.hpp"
#include "daemon/reporting.hpp"
#include "daemon/settings.hpp"
#include "daemon/systemd.hpp"
#include "daemon/view.hpp"
#include "daemon/watches.hpp"
#include "ipc/server.hpp"
#include "ipc/task_group.hpp"
#include "watchers/source_watcher.hpp"
#include "watchers/store_watch.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cfgd {

/// The store with what the loop has to know of it at start.
struct opened_store {
  std::unique_ptr<store::config_store> store;
  revision_number revision = 0;
  std::vector<engine::effective> effectives;
  std::vector<engine::source_row> sources;
  std::vector<engine::pending_change> pending;
};
/// Errors: as store::config_store::open.
[[nodiscard]] result<opened_store> open_store(std::filesystem::path const& directory,
                                              limits const& bounds);

/// The whole of the daemon: owns every part, in the order of their start. Loop thread only.
class service {
 public:
  struct options {
    file_layout where;
    settings how;
    /// The log level is the command line's: cfgd.toml does not change it.
    bool level_is_fixed = false;
    /// The daemon's environment, "NAME=value" each.
    std::vector<std::string> environment;
    /// Sockets that were passed to the process. If there is one, none is made.
    std::vector<int> sockets = {};
  };

  /// Takes what open_store() gave. Call start() once, then run the loop.
  service(boost::asio::io_context& loop, options with, opened_store opened);
  ~service();
  service(service const&) = delete;
  service& operator=(service const&) = delete;

  /// Begins to watch and, when every source was read once, to answer. On a socket of its own it
  /// answers after a second anyway, with what was in force; clients of a passed one wait. `failed`
  /// is called if no socket can be had.
  void start(std::function<void(error const&)> failed);

  /// Reads cfgd.toml and every source again; calls `done` when the result is in force. A fault in
  /// cfgd.toml is logged and returned, and what was set before stays.
  void reload(std::function<void(result<revision_number> const&)> done);

  /// Stops in order: no new calls, answers out, what was accepted committed; then calls `done`.
  void stop(std::function<void()> done);

 private:
  void publish(committer::publication const& news);
  void take(std::vector<watchers::observation> observed);
  /// Has it committed, and told again later where that fails.
  void record(std::vector<watchers::observation> observed, engine::grouping how,
              committer::finished done);
  void finish_start();
  void open_socket();
  [[nodiscard]] result<void> listen();
  [[nodiscard]] result<void> adopt_sockets();
  void retry_later(error const& why);
  void apply(settings const& newest);
  health::status_table::options health_options() const;
  void finish_reload(std::optional<error> const& refused,
                     std::function<void(result<revision_number> const&)> done);
  /// Does what is due and returns when something will be.
  std::chrono::steady_clock::time_point act();
  std::chrono::steady_clock::time_point next_due();
  void expire_pending(engine::pending_change const& what);
  /// Something is due at another time than before.
  void wake();
  boost::asio::awaitable<void> keep_time();
  boost::asio::awaitable<void> wait_for_start();
  boost::asio::awaitable<void> retry();

  boost::asio::io_context& loop_;
  options options_;
  std::function<void(error const&)> failed_;
  file_writer disk_;
  problems_keeper problems_; ///< early: hears what the others have to say
  access_policy access_;
  view view_;
  /// Environment variables that say something else than at the last run; told with the first look
  /// and kept until that is recorded.
  std::vector<engine::source_update> environment_;
  /// What was found before the first look was over.
  std::vector<watchers::observation> first_look_;
  /// What was found and could not be recorded, but for contents, which are read again.
  std::vector<watchers::observation> unrecorded_;
  std::filesystem::path data_file_;
  bool started_ = false;   ///< the first look is over
  bool ready_ = false;     ///< every source was read once
  bool listening_ = false; ///< the socket was opened, or must not be any more
  bool retrying_ = false;
  committer committer_;
  watches watches_;
  ipc::server server_;
  watchers::source_watcher files_;
  watchers::store_watch store_watch_;
  health::status_table health_;
  edit_methods edits_;
  health_streams health_streams_;
  reporting reporting_;
  method_context context_;
  dispatcher dispatcher_;
  systemd::supervisor supervisor_;
  boost::asio::steady_timer patience_;
  boost::asio::steady_timer retry_;
  boost::asio::steady_timer clock_;
  ipc::task_group tasks_;
};

} // namespace cfgd
