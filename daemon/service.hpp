#pragma once

#include "daemon/access.hpp"
#include "daemon/access_names.hpp"
#include "daemon/announcer.hpp"
#include "daemon/committer.hpp"
#include "daemon/consumers.hpp"
#include "daemon/credential_values.hpp"
#include "daemon/health/status_table.hpp"
#include "daemon/methods/context.hpp"
#include "daemon/methods/dispatcher.hpp"
#include "daemon/problems/problems_keeper.hpp"
#include "daemon/query_thread.hpp"
#include "daemon/reporting.hpp"
#include "daemon/settings.hpp"
#include "daemon/systemd.hpp"
#include "daemon/unit_credentials.hpp"
#include "daemon/unrecorded_changes.hpp"
#include "daemon/until_applied.hpp"
#include "daemon/view.hpp"
#include "daemon/watches.hpp"
#include "ipc/listening_socket.hpp"
#include "ipc/server.hpp"
#include "ipc/task_group.hpp"
#include "store/recovery.hpp"
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
#include <string_view>
#include <vector>

namespace cfgd {

/// The store, and the part of its content that the loop starts with.
struct opened_store {
  std::unique_ptr<store::config_store> store;
  revision_number revision = 0;
  std::string id; ///< config_store::store_id()
  std::vector<engine::effective> effectives;
  std::vector<engine::source_row> sources;
  std::vector<engine::pending_change> pending;
  std::vector<engine::override_summary> overrides;
  std::string consumers; ///< config_store::consumers()
  std::shared_ptr<engine::access_rules const> access;
  std::optional<store::recovery> recovered; ///< the store was damaged
  std::vector<store::mended_record> mended; ///< records of it were
};
/// Call it while the process has one thread. Errors: as store::open_or_recover.
[[nodiscard]] result<opened_store> open_store(std::filesystem::path const& directory,
                                              limits const& bounds);

/// The daemon: owns every part, in the order of their start, and connects them. Loop thread only.
class service {
 public:
  struct options {
    file_layout where;
    settings how;
    /// The log level was set on the command line: cfgd.toml does not change it.
    bool level_is_fixed = false;
    /// The daemon's environment, "NAME=value" each.
    std::vector<std::string> environment;
    /// What references in files stand for.
    credential_values credentials = {};
    /// Sockets that were passed to the process, owned from here on. If empty, they are created.
    systemd::passed_sockets sockets = {};
  };

  /// `opened` is the result of open_store(). Call start() once, then run the loop.
  service(boost::asio::io_context& loop, options with, opened_store opened);
  ~service();
  service(service const&) = delete;
  service& operator=(service const&) = delete;

  /// Starts to watch and, when every source was read once, to answer. On a socket of its own it
  /// answers after a second anyway, with the values of the last run; clients of a passed socket
  /// wait. `failed` is called if there is no usable socket, or a task has ended with an error.
  void start(std::function<void(error const&)> failed);

  /// Reads cfgd.toml and every source again; calls `done` when the result is effective. An error in
  /// cfgd.toml is logged and returned, and the previous settings stay.
  void reload(std::function<void(result<revision_number> const&)> done);

  /// Stops in order: accepts no calls, sends pending replies, commits accepted changes; then calls
  /// `done`.
  void stop(std::function<void()> done);

 private:
  /// Makes a commit visible: to readers, watchers, the log, health checks and systemd.
  void publish(committer::publication const& news);
  /// Takes what the source watcher has observed.
  void take(std::vector<watchers::observation> observed);
  /// Commits observations; after a failure they are committed again later.
  void record(std::vector<watchers::observation> observed, engine::grouping how,
              committer::finished done);
  void note_recorded(unrecorded_changes::attempt begun, engine::decision const& made);
  void finish_start();
  /// After a commit of files: whether that was what the start has waited for.
  enum class recorded : std::uint8_t { yes, no };
  void try_ready(recorded what);
  void become_ready();
  void open_socket();
  [[nodiscard]] result<void> listen();
  [[nodiscard]] result<void> adopt_sockets();
  [[nodiscard]] std::vector<int> const& passed(std::string_view name) const;
  // Credentials of units: service_credentials.cpp.
  unit_credentials::options credential_options() const;
  void open_credentials();
  [[nodiscard]] result<void> listen_for_units();
  void serve_credential(credential_request const& asked, unit_credentials::answer const& done);
  /// Without that socket the service works: a failure is logged.
  void listen_to_administrators();
  void retry_later(error const& why);
  void apply(settings const& newest);
  // Called once each, by the constructor, when the members that they use are complete.
  watchers::source_watcher::options watch_options();
  health::status_table::options health_options() const;
  edit_methods::parts edit_parts();
  reporting::parts reporting_parts();
  method_context make_context();
  systemd::supervisor::parts supervisor_parts();
  void finish_reload(std::optional<error> const& refused,
                     std::function<void(result<revision_number> const&)> done);
  /// Does what is due; returns the time of the next deadline.
  std::chrono::steady_clock::time_point act();
  std::chrono::steady_clock::time_point next_due();
  /// Other access entries are effective: open watches are looked at, a part of them in each turn.
  void rights_changed();
  void check_rights();
  /// Undoes a pending change: at its deadline, or earlier for a reason.
  void expire_pending(engine::pending_change const& what, std::string const& reason = {});
  void confirm_applied(revision_number revision, std::string const& reason);
  until_applied::parts until_applied_parts();
  /// Runs the health checks that are quick.
  void check_health(std::function<void()> done);
  /// Reports consumers that are late, or no longer are, and keeps what is known of all of them.
  void look_at_consumers();
  std::chrono::milliseconds late_after() const {
    return std::chrono::milliseconds(options_.how.health.consumer_late_ms);
  }
  void save_consumers(std::function<void()> done);
  /// A deadline has changed: the clock compares them again.
  void wake();
  boost::asio::awaitable<void> keep_time();
  boost::asio::awaitable<void> wait_for_start();
  boost::asio::awaitable<void> retry();

  boost::asio::io_context& loop_;
  options options_;
  std::function<void(error const&)> failed_;
  file_writer disk_;
  problems_keeper problems_; ///< early: records the problems that the others log
  access_policy access_;
  view view_;
  announcer lines_;
  unrecorded_changes unrecorded_;
  std::filesystem::path data_file_;
  bool ready_ = false;  ///< every source was read once and recorded, or that has failed too often
  bool looked_ = false; ///< every source was read once, and the first commit was submitted
  unsigned failed_starts_ = 0;
  bool listening_ = false; ///< the socket was opened, or must not be any more
  bool retrying_ = false;
  std::chrono::steady_clock::time_point consumers_due_; ///< not saved again before
  bool checking_rights_ = false; ///< the next part of watches is due in a later turn
  std::unique_ptr<store::history_reader> reader_; ///< until queries_ has it
  watchers::store_watch store_watch_;             ///< before committer_, whose thread uses it
  committer committer_;
  query_thread queries_;
  consumers consumers_;
  watches watches_;
  access_names names_; ///< calls rights_changed()
  ipc::server server_;
  watchers::source_watcher files_;
  service_parts parts_;
  health::status_table health_;
  edit_methods edits_;
  health_streams health_streams_;
  until_applied until_applied_;
  reporting reporting_;
  method_context context_;
  dispatcher dispatcher_;
  systemd::supervisor supervisor_;
  boost::asio::steady_timer patience_;
  boost::asio::steady_timer retry_;
  boost::asio::steady_timer clock_;
  unit_credentials credentials_;
  std::optional<ipc::listening_socket> credentials_socket_; ///< one that was made here
  ipc::task_group tasks_;
};

} // namespace cfgd
