#include "daemon/health/built_in.hpp"
#include "daemon/health/clock_watch.hpp"
#include "daemon/health/recent_increase.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <memory>
#include <utility>

// Checks of what the loop knows by itself: they read numbers, and cost nothing worth a thread.

namespace cfgd::health {
namespace {

namespace asio = boost::asio;
using steady = std::chrono::steady_clock;

/// So long is told what has happened once: for two runs at the least.
std::chrono::milliseconds told_for(pace const& how, std::chrono::milliseconds least) {
  return std::max(least, 2 * how.interval + how.limit);
}

finding look_at_cache(value_cache& cache) {
  bool const works = cache.probe();
  auto const stats = cache.stats();
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::size_t entries = 0;
  for (auto const& [name, one] : stats.namespaces) {
    hits += one.hits;
    misses += one.misses;
    entries += one.entries;
  }
  finding found{.what = works ? state::healthy : state::critical, .message = {}, .details = {}};
  found.message = works ? std::to_string(stats.namespaces.size()) + " namespaces in memory"
                        : "an entry that was put was not found, or not dropped";
  found.details = {{"entries", entries},
                   {"bytes", stats.bytes},
                   {"maximumBytes", stats.maximum_bytes},
                   {"usedPercent", percent_of(stats.bytes, stats.maximum_bytes)},
                   {"hits", hits},
                   {"misses", misses},
                   {"hitPercent", percent_of(hits, hits + misses)},
                   {"evictions", stats.evictions}};
  return found;
}

} // namespace

check cache_check(subjects const& of, measures const& by) {
  return {.name = std::string(to_string(built_in::cache)),
          .how = by.how.pace_of(built_in::cache),
          .run = [of](std::function<void(finding)> const& done) {
            done(look_at_cache(of.what.cache()));
          }};
}

check loop_check(subjects const& of, measures const& by,
                 std::function<steady::duration()> lateness) {
  auto const judge_wait = [how = by.how.loop_ms,
                           lateness = std::move(lateness)](steady::duration waited) {
    auto const late = lateness();
    auto const worst = std::max(waited, late);
    return finding{
        .what = judge(milliseconds_of(worst), static_cast<double>(how.warning),
                      static_cast<double>(how.critical)),
        .message = "at most " + time_text(worst) + " late",
        .details = {{"waitMs", milliseconds_of(waited)}, {"lateMs", milliseconds_of(late)}}};
  };
  return {.name = std::string(to_string(built_in::loop)),
          .how = by.how.pace_of(built_in::loop),
          .run = [of, judge_wait](std::function<void(finding)> const& done) {
            asio::post(of.loop, [done, judge_wait, begin = steady::now()] {
              done(judge_wait(steady::now() - begin));
            });
          }};
}

check clock_check(measures const& by) {
  auto const how = by.how.pace_of(built_in::clock);
  auto const watched = std::make_shared<clock_watch>(
      std::chrono::milliseconds(by.how.clock_jump_ms), told_for(how, std::chrono::minutes(10)));
  return {.name = std::string(to_string(built_in::clock)),
          .how = how,
          .run = [watched](std::function<void(finding)> const& done) {
            done(watched->take(clock_watch::read()));
          }};
}

check peers_check(subjects const& of, measures const& by) {
  struct rises {
    recent_increase refused;
    recent_increase slow;
  };
  auto const how = by.how.pace_of(built_in::peers);
  auto const told = told_for(how, std::chrono::minutes(1));
  auto const lately = std::make_shared<rises>(rises{recent_increase(told), recent_increase(told)});
  return {.name = std::string(to_string(built_in::peers)),
          .how = how,
          .run = [of, lately, most = by.bounds.connections,
                  percent = by.how.peers_percent](std::function<void(finding)> const& done) {
            auto const& seen = of.server.figures();
            auto const refused = lately->refused.take(seen.refused, steady::now());
            auto const slow = lately->slow.take(seen.slow_closed, steady::now());
            auto const part = percent_of(seen.connections, most);
            finding found{.what = state::healthy, .message = {}, .details = {}};
            found.details = {
                {"connections", seen.connections}, {"maximum", most},     {"refused", seen.refused},
                {"slowClosed", seen.slow_closed},  {"calls", seen.calls}, {"errors", seen.errors}};
            found.add(judge<std::int64_t>(part, percent.warning, percent.critical),
                      std::to_string(seen.connections) + " of " + std::to_string(most) +
                          " connections");
            if (refused > 0)
              found.add(state::warning,
                        std::to_string(refused) + " connections were refused over a limit");
            if (slow > 0)
              found.add(state::warning,
                        std::to_string(slow) + " clients were cut off, as they did not read");
            done(std::move(found));
          }};
}

} // namespace cfgd::health
