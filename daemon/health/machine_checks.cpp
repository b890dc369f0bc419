#include "daemon/health/built_in.hpp"
#include "daemon/health/recent_increase.hpp"
#include "daemon/health/system_checks.hpp"
#include "daemon/line_text.hpp"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

// Checks that look at the machine, on a thread; what the loop knows besides is added when the
// result is back on it.

namespace cfgd::health {
namespace {

using steady = std::chrono::steady_clock;
constexpr std::size_t named_sources = 3;

/// One finding made of two.
finding both(finding one, finding const& other) {
  if (!other.message.empty()) one.add(other.what, other.message);
  one.what = std::max(one.what, other.what);
  for (auto const& member : other.details)
    one.details[member.key()] = member.value();
  return one;
}

/// What the kernel and the watcher say of watches, besides the trial.
void evaluate_watches(finding& found, watchers::source_watcher::counts const& seen,
                      std::uint64_t overflows, std::size_t most) {
  found.details["watches"] = seen.watches;
  found.details["maximumWatches"] = most;
  found.details["polledDirectories"] = seen.polled_directories;
  found.details["events"] = seen.events;
  found.details["overflows"] = seen.overflows;
  if (seen.polled_directories > 0)
    found.add(state::warning, std::to_string(seen.polled_directories) +
                                  " directories cannot be watched and are polled; see the limits "
                                  "fs.inotify.max_user_watches and max_user_instances");
  if (overflows > 0)
    found.add(state::warning, "the kernel's event queue overflowed " + std::to_string(overflows) +
                                  " times; all files were checked again");
}

} // namespace

void run_on_thread(workers& threads, std::function<finding()> look, completion done) {
  threads.run([look = std::move(look), done = std::move(done)]() -> workers::job {
    finding found;
    try {
      found = look();
    } catch (std::exception const& broken) {
      found = failed_run(broken);
    }
    return [done, found = std::move(found)]() mutable { done(std::move(found)); };
  });
}

check make_check(built_in which, measures const& by, std::function<void(completion const&)> run) {
  return {
      .name = std::string(to_string(which)), .how = by.how.pace_of(which), .run = std::move(run)};
}

finding evaluate_sources(view const& values) {
  finding found;
  if (values.unrecorded())
    found.add(state::critical,
              "changes of files could not be recorded: " + values.unrecorded()->message);
  for (auto const& [name, how] : values.without_values())
    if (how == fallback::nothing)
      found.add(state::critical, "no file of '" + name + "' has ever been valid");
    else
      found.add(state::warning, "'" + name + "' is served from its defaults");
  auto const& problems = values.problems();
  found.details["notInForce"] = problems.size();
  name_list names(named_sources);
  for (auto const& [name, one] : problems)
    names.add(one.path, ' ' + std::string(engine::to_string(one.status)));
  if (!problems.empty())
    found.add(state::warning, std::to_string(problems.size()) +
                                  (problems.size() == 1 ? " source is" : " sources are") +
                                  " not effective as saved:" + names.text());
  return found;
}

finding evaluate_hidden(engine::override_summary const& overrides, std::int64_t days,
                        wall_time now) {
  finding found;
  found.details["hidden"] = overrides.hidden;
  if (overrides.hidden == 0 || !overrides.since || days == 0) return found;
  found.details["hiddenSince"] = to_rfc3339(*overrides.since);
  auto const age = std::chrono::duration_cast<std::chrono::days>(now - *overrides.since).count();
  if (age >= days)
    found.add(state::warning,
              std::to_string(overrides.hidden) +
                  (overrides.hidden == 1 ? " value of a file has" : " values of files have") +
                  " no effect because of overrides, the oldest " + std::to_string(age) +
                  " days old; see cfgctl overrides");
  return found;
}

check files_check(subjects const& of, measures const& by) {
  // Which directories existed belongs to the runs alone, and these come one after the other.
  auto const seen = std::make_shared<std::set<std::string>>();
  auto const look = [seen, directories = by.directories, probe = by.state / "probe",
                     trusted = by.trusted] {
    return both(look_at_directories(directories, trusted, *seen), try_to_write(probe));
  };
  return make_check(
      built_in::files, by, [of, look, days = by.how.hidden_days](completion const& done) {
        run_on_thread(of.threads, look, [of, done, days](finding found) {
          found = both(std::move(found), evaluate_sources(of.values));
          found = both(std::move(found), evaluate_hidden(of.values.overrides(), days, wall_now()));
          found.details["sources"] = of.files.figures().sources;
          if (found.message.empty()) found.message = "all sources are effective as saved";
          done(std::move(found));
        });
      });
}

check watch_check(subjects const& of, measures const& by) {
  auto const lately = std::make_shared<recent_increase>(
      report_time(by.how.pace_of(built_in::watch), std::chrono::minutes(1)));
  auto const look = [probe = by.state / "probe",
                     warning = std::chrono::milliseconds(by.how.watch_ms),
                     patience = by.how.pace_of(built_in::watch).limit * 4 / 5] {
    auto found = try_events(probe, warning, patience);
    if (auto const allowed = read_inotify_limit("max_user_watches"))
      found.details["allowedWatches"] = allowed;
    if (auto const allowed = read_inotify_limit("max_user_instances"))
      found.details["allowedInstances"] = allowed;
    return found;
  };
  auto const most = by.bounds.watched_directories;
  return make_check(built_in::watch, by, [of, lately, look, most](completion const& done) {
    run_on_thread(of.threads, look, [of, lately, most, done](finding found) {
      auto const seen = of.files.figures();
      evaluate_watches(found, seen, lately->take(seen.overflows, steady::now()), most);
      done(std::move(found));
    });
  });
}

check memory_check(subjects const& of, measures const& by) {
  auto const look = [percent = by.how.memory_percent, pressure = by.how.memory_pressure_percent] {
    return look_at_memory({}, percent, pressure);
  };
  return make_check(built_in::memory, by,
                    [of, look](completion const& done) { run_on_thread(of.threads, look, done); });
}

check disk_check(subjects const& of, measures const& by) {
  auto const look = [percent = by.how.disk_percent, state = by.state] {
    return look_at_disk(state, percent);
  };
  return make_check(built_in::disk, by,
                    [of, look](completion const& done) { run_on_thread(of.threads, look, done); });
}

} // namespace cfgd::health
