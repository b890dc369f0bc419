#pragma once

#include "call_error.hpp"
#include "health_types.hpp"
#include "history_types.hpp"
#include "types.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::client {

/// Whether a stream goes on.
enum class step : std::uint8_t { more, stop };

/// One connection to the service, blocking, for programs without an event loop. Every operation
/// ends within the time limit. After a failure other than `refused` the connection is useless and
/// answers `closed`. Not thread-safe; several connections may be used side by side.
class connection {
 public:
  /// Connects to what socket_path(address) says. `time_limit` bounds this and each later operation;
  /// zero means none.
  /// Errors: unreachable, timed_out.
  [[nodiscard]] static result<connection>
  connect(std::string_view address = {},
          std::chrono::milliseconds time_limit = std::chrono::seconds(30));

  connection(connection&& other) noexcept;
  connection& operator=(connection&& other) noexcept;
  ~connection();

  /// Bounds later operations. Zero: none.
  void set_time_limit(std::chrono::milliseconds time_limit);
  std::chrono::milliseconds time_limit() const;
  bool is_open() const;

  /// Any method. `method` is qualified: "io.cfgd.Config.Get".
  /// Errors, as for all below: timed_out, closed, protocol, refused.
  [[nodiscard]] result<boost::json::object> call(std::string_view method,
                                                 boost::json::object const& parameters = {});

  /// A call that is not answered. Says nothing about whether it was obeyed.
  [[nodiscard]] result<void> call_oneway(std::string_view method,
                                         boost::json::object const& parameters = {});

  /// A call that may be answered several times. The time limit counts for each reply anew. If
  /// `on_reply` stops before the last one the connection is closed, which is how Varlink cancels.
  [[nodiscard]] result<void>
  call_more(std::string_view method, boost::json::object const& parameters,
            std::function<step(boost::json::object& parameters)> const& on_reply);

  // io.cfgd.Config

  [[nodiscard]] result<snapshot> get(std::vector<std::string> const& keys);
  /// Absent if the key has no value.
  [[nodiscard]] result<std::optional<boost::json::value>> get_value(std::string_view key);
  /// The leaves at and below `prefix`, of everything if it is empty, in key order.
  [[nodiscard]] result<snapshot> list(std::string_view prefix = {});
  [[nodiscard]] result<explanation> explain(std::string_view key);
  /// Returns when the change is durable.
  [[nodiscard]] result<commit> set(transaction const& what);
  [[nodiscard]] result<commit> unset(std::vector<std::string> keys);
  /// Returns when every file edit made before the call is in force or was refused.
  [[nodiscard]] result<revision_number> sync();

  /// What schemas and rules say about a document of `name_space` as if it were the effective one;
  /// without a document, about what is in force.
  [[nodiscard]] result<validation> validate(std::string_view name_space,
                                            boost::json::object const* document = nullptr);

  /// Changes that end by themselves, the next one first.
  [[nodiscard]] result<std::vector<pending_change>> list_pending();
  /// Lets a change that would end by itself stay.
  [[nodiscard]] result<void> confirm(revision_number revision);
  /// Lets a change end so long from now. The deadline, RFC 3339.
  [[nodiscard]] result<std::string> extend(revision_number revision, std::chrono::seconds time);

  /// Begins an edit of several files: what is saved from now on is held back, and taken in as one
  /// change when the edit ends, by end_edit() of another connection, after `time` (ten minutes
  /// unless told), or by the end of this connection. `on_begun` is told the deadline (RFC 3339).
  /// Then this waits, with no other limit than the service's, for what comes of the edit. If
  /// `on_begun` says stop the connection is closed, which ends the edit as well, and the result is
  /// `closed`.
  [[nodiscard]] result<edit_outcome>
  begin_edit(std::optional<std::chrono::seconds> time,
             std::function<step(std::string const& deadline)> const& on_begun);
  /// Ends the edit that is under way, whoever began it.
  [[nodiscard]] result<edit_outcome> end_edit();

  // io.cfgd.History

  [[nodiscard]] result<change_log> log(log_query const& query = {});
  /// Between two revisions; `to` is now if it is absent.
  [[nodiscard]] result<difference>
  diff(revision_number from, std::optional<revision_number> to = {}, std::string_view prefix = {});
  [[nodiscard]] result<past_values> get_at(std::vector<std::string> const& keys,
                                           revision_number revision);
  /// Makes the effective values what they were, as a new revision.
  [[nodiscard]] result<commit> rollback(rollback_request const& what);
  [[nodiscard]] result<std::vector<blame_line>> blame(std::string_view name_space);
  /// Replaces the whole override layer.
  [[nodiscard]] result<commit> restore(restore_request const& what);
  /// Forgets changes but the newest `keep`. The oldest revision that is still kept.
  [[nodiscard]] result<revision_number> compact(std::int64_t keep);

  // io.cfgd.Service

  [[nodiscard]] result<service_status> status();
  [[nodiscard]] result<std::vector<source_file>> sources();
  [[nodiscard]] result<revision_number> reload();
  [[nodiscard]] result<cache_stats> cache();
  /// Both: a namespace, or all if it is empty. The number of entries dropped, filled.
  [[nodiscard]] result<std::int64_t> invalidate(std::string_view name_space = {});
  [[nodiscard]] result<std::int64_t> warm(std::string_view name_space = {});

  // io.cfgd.Service: health

  /// The latest result of every check.
  [[nodiscard]] result<health_report> health();
  /// Runs checks now, all if none is named, and gives what they found.
  [[nodiscard]] result<health_report> run_checks(std::vector<std::string> const& names = {});
  /// Tells the result of every check, then those whose status changes. Waits between them with no
  /// limit. Ends when `on_report` says stop, which closes the connection. Errors: also closed, if
  /// the service ends it.
  [[nodiscard]] result<void>
  watch_health(std::function<step(health_report const& report)> const& on_report);
  [[nodiscard]] result<problem_report> problems(problem_query const& query = {});
  [[nodiscard]] result<void> clear_problems();
  /// All figures, as OpenMetrics text.
  [[nodiscard]] result<std::string> metrics();

  // org.varlink.service

  /// Names of the interfaces.
  [[nodiscard]] result<std::vector<std::string>> interfaces();
  /// The text of an interface.
  [[nodiscard]] result<std::string> introspect(std::string_view interface);

 private:
  struct impl;
  explicit connection(std::unique_ptr<impl> made);
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::client
