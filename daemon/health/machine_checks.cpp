#include "daemon/health/built_in.hpp"
#include "daemon/health/recent_increase.hpp"
#include "daemon/health/system_checks.hpp"

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

using completion = std::function<void(finding)>;

/// Runs `look()` on a thread and hands what it gave, through `then` on the loop, to `done`.
template <class Then>
void on_thread(subjects const& of, completion const& done, std::function<finding()> look,
               Then then) {
  run_on_thread(of.threads, std::move(look), [done, then = std::move(then)](finding found) {
    then(found);
    done(std::move(found));
  });
}

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
      found = {.what = state::critical,
               .message = std::string("the check failed: ") + broken.what(),
               .details = {}};
    }
    return [done, found = std::move(found)]() mutable { done(std::move(found)); };
  });
}

finding evaluate_sources(view const& what) {
  finding found{.what = state::healthy, .message = {}, .details = {}};
  if (what.unrecorded())
    found.add(state::critical,
              "changes of files could not be recorded: " + what.unrecorded()->message);
  for (auto const& [name, how] : what.without_values())
    if (how == fallback::nothing)
      found.add(state::critical, "no file of '" + name + "' has ever been valid");
    else
      found.add(state::warning, "'" + name + "' is served from its defaults");
  auto const& problems = what.problems();
  found.details["notInForce"] = problems.size();
  std::string names;
  std::size_t named = 0;
  for (auto const& [name, one] : problems) {
    if (named++ == named_sources) break;
    names.append(names.empty() ? " '" : ", '")
        .append(one.path)
        .append("' ")
        .append(engine::to_string(one.status));
  }
  if (!problems.empty())
    found.add(state::warning, std::to_string(problems.size()) +
                                  (problems.size() == 1 ? " source is" : " sources are") +
                                  " not effective as saved:" + names +
                                  (problems.size() > named_sources ? " ..." : ""));
  return found;
}

check files_check(subjects const& of, measures const& by) {
  // What was there before belongs to the runs alone, and these come one after the other.
  auto const seen = std::make_shared<std::set<std::string>>();
  return {.name = std::string(to_string(built_in::files)),
          .how = by.how.pace_of(built_in::files),
          .run = [of, seen, directories = by.directories,
                  probe = by.state / "probe"](completion const& done) {
            on_thread(
                of, done,
                [seen, directories, probe, uid = ::geteuid()] {
                  return both(look_at_directories(directories, uid, *seen), try_to_write(probe));
                },
                [of](finding& found) {
                  found = both(std::move(found), evaluate_sources(of.what));
                  found.details["sources"] = of.files.figures().sources;
                  if (found.message.empty()) found.message = "all sources are effective as saved";
                });
          }};
}

check watch_check(subjects const& of, measures const& by) {
  auto const how = by.how.pace_of(built_in::watch);
  auto const lately = std::make_shared<recent_increase>(
      std::max<std::chrono::milliseconds>(std::chrono::minutes(1), 2 * how.interval + how.limit));
  return {.name = std::string(to_string(built_in::watch)),
          .how = how,
          .run = [of, lately, patience = how.limit * 4 / 5, probe = by.state / "probe",
                  warning = std::chrono::milliseconds(by.how.watch_ms),
                  most = by.bounds.watched_directories](completion const& done) {
            on_thread(
                of, done,
                [probe, warning, patience] {
                  auto found = try_events(probe, warning, patience);
                  if (auto const allowed = read_inotify_limit("max_user_watches"))
                    found.details["allowedWatches"] = allowed;
                  if (auto const allowed = read_inotify_limit("max_user_instances"))
                    found.details["allowedInstances"] = allowed;
                  return found;
                },
                [of, lately, most](finding& found) {
                  auto const seen = of.files.figures();
                  evaluate_watches(found, seen, lately->take(seen.overflows, steady::now()), most);
                });
          }};
}

check memory_check(subjects const& of, measures const& by) {
  return {.name = std::string(to_string(built_in::memory)),
          .how = by.how.pace_of(built_in::memory),
          .run = [of, percent = by.how.memory_percent,
                  pressure = by.how.memory_pressure_percent](completion const& done) {
            run_on_thread(
                of.threads, [percent, pressure] { return look_at_memory({}, percent, pressure); },
                done);
          }};
}

check disk_check(subjects const& of, measures const& by) {
  return {.name = std::string(to_string(built_in::disk)),
          .how = by.how.pace_of(built_in::disk),
          .run = [of, percent = by.how.disk_percent, state = by.state](completion const& done) {
            run_on_thread(
                of.threads, [percent, state] { return look_at_disk(state, percent); }, done);
          }};
}

} // namespace cfgd::health
