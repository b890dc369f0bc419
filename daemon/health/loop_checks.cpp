#include "daemon/health/built_in.hpp"
#include "daemon/health/clock_watch.hpp"
#include "daemon/health/recent_increase.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <memory>
#include <utility>

// Checks that read numbers of the loop itself: they are too cheap for a thread.

namespace cfgd::health {
namespace {

namespace asio = boost::asio;
using steady = std::chrono::steady_clock;

/// How long a single event is reported: for two runs at least.
std::chrono::milliseconds report_time(pace const& how, std::chrono::milliseconds least) {
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
                        : "a test entry was not found after it was stored, or not removed";
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
  auto const evaluate_wait = [how = by.how.loop_ms,
                              lateness = std::move(lateness)](steady::duration waited) {
    auto const late = lateness();
    auto const worst = std::max(waited, late);
    return finding{
        .what = evaluate(milliseconds_of(worst), static_cast<double>(how.warning),
                         static_cast<double>(how.critical)),
        .message = "at most " + time_text(worst) + " late",
        .details = {{"waitMs", milliseconds_of(waited)}, {"lateMs", milliseconds_of(late)}}};
  };
  return {.name = std::string(to_string(built_in::loop)),
          .how = by.how.pace_of(built_in::loop),
          .run = [of, evaluate_wait](std::function<void(finding)> const& done) {
            asio::post(of.loop, [done, evaluate_wait, begin = steady::now()] {
              done(evaluate_wait(steady::now() - begin));
            });
          }};
}

check clock_check(measures const& by) {
  auto const how = by.how.pace_of(built_in::clock);
  auto const watched = std::make_shared<clock_watch>(
      std::chrono::milliseconds(by.how.clock_jump_ms), report_time(how, std::chrono::minutes(10)));
  return {.name = std::string(to_string(built_in::clock)),
          .how = how,
          .run = [watched](std::function<void(finding)> const& done) {
            done(watched->take(clock_watch::read()));
          }};
}

check peers_check(subjects const& of, measures const& by) {
  struct increases {
    recent_increase refused;
    recent_increase slow;
  };
  auto const how = by.how.pace_of(built_in::peers);
  auto const shown_for = report_time(how, std::chrono::minutes(1));
  auto const lately = std::make_shared<increases>(
      increases{recent_increase(shown_for), recent_increase(shown_for)});
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
            found.add(evaluate<std::int64_t>(part, percent.warning, percent.critical),
                      std::to_string(seen.connections) + " of " + std::to_string(most) +
                          " connections");
            if (refused > 0)
              found.add(state::warning,
                        std::to_string(refused) + " connections were refused because of a limit");
            if (slow > 0)
              found.add(state::warning, std::to_string(slow) +
                                            " clients were disconnected because they did not read");
            done(std::move(found));
          }};
}

} // namespace cfgd::health
