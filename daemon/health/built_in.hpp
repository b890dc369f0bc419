#pragma once

#include "core/limits.hpp"
#include "daemon/health/monitor.hpp"
#include "daemon/health/settings.hpp"
#include "daemon/health/workers.hpp"
#include "daemon/service_parts.hpp"
#include "store/probe.hpp"
#include "watchers/safe_open.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <functional>
#include <vector>

/// The built-in checks; cfgd.toml(5) documents them.
namespace cfgd::health {

/// The parts that checks examine, and where they run. They outlive the checks.
struct subjects : service_parts {
  boost::asio::any_io_executor loop;
  workers& threads;
};

/// Their thresholds, limits and directories.
struct measures {
  settings how;
  limits bounds;
  std::filesystem::path state;                    ///< the store's directory
  std::vector<std::filesystem::path> directories; ///< of sources
  watchers::trust trusted = {};
};

/// A built-in check with the pace that the settings give it.
check make_check(built_in which, measures const& by, std::function<void(completion const&)> run);

check store_check(subjects const& of, measures const& by);
check cache_check(subjects const& of, measures const& by);
check files_check(subjects const& of, measures const& by);
check watch_check(subjects const& of, measures const& by);
check memory_check(subjects const& of, measures const& by);
check disk_check(subjects const& of, measures const& by);
check integrity_check(subjects const& of, measures const& by);
/// `lateness`: how late the loop was since the last call.
check loop_check(subjects const& of, measures const& by,
                 std::function<std::chrono::steady_clock::duration()> lateness);
check committer_check(subjects const& of, measures const& by);
check clock_check(measures const& by);
check peers_check(subjects const& of, measures const& by);
check consumers_check(subjects const& of, measures const& by);

/// Runs `look` on a thread, and `done` with its finding on the loop. An exception is critical.
void run_on_thread(workers& threads, std::function<finding()> look, completion done);

/// Evaluates a probe of the store.
finding evaluate_store(result<store::probe_report> const& seen, settings const& how);

/// Evaluates the sources that are not effective as saved.
finding evaluate_sources(view const& values);
/// Evaluates the age of overrides that hide values of files; `days`: settings::hidden_days.
finding evaluate_hidden(engine::override_summary const& overrides, std::int64_t days,
                        wall_time now);

} // namespace cfgd::health
