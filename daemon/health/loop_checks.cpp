#include "daemon/health/built_in.hpp"
#include "daemon/health/clock_watch.hpp"
#include "daemon/health/recent_increase.hpp"
#include "daemon/line_text.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <memory>
#include <utility>

// Checks that read numbers of the loop itself: they are too cheap for a thread.

namespace cfgd::health {
namespace {

namespace asio = boost::asio;
using steady = std::chrono::steady_clock;

finding look_at_cache(value_cache& cache) {
  bool const works = cache.probe();
  auto const stats = cache.stats();
  auto const& all = stats.all;
  finding found{.what = works ? state::healthy : state::critical};
  found.message = works ? count_text(stats.namespaces, "namespace") + " in memory"
                        : "a test entry was not found after it was stored, or not removed";
  found.details = {{"entries", all.entries},
                   {"bytes", stats.bytes},
                   {"maximumBytes", stats.maximum_bytes},
                   {"usedPercent", percent_of(stats.bytes, stats.maximum_bytes)},
                   {"hits", all.hits},
                   {"misses", all.misses},
                   {"hitPercent", percent_of(all.hits, all.hits + all.misses)},
                   {"evictions", stats.evictions}};
  return found;
}

/// Of events that concern peers.
struct increases {
  recent_increase refused;
  recent_increase replies; ///< refused, or dropped with their connection
  recent_increase slow;
};

/// ", most of user 1000": who was refused most often.
std::string most_refused_text(ipc::usage const& users) {
  auto const who = users.most_refused();
  return who ? ", most of user " + std::to_string(*who) : std::string();
}

finding look_at_peers(ipc::server const& of, increases& lately, std::size_t most,
                      thresholds const& percent) {
  auto const& seen = of.figures();
  auto const refused = lately.refused.take(seen.refused, steady::now());
  auto const replies =
      lately.replies.take(seen.refused_replies + seen.closed_for_memory, steady::now());
  auto const slow = lately.slow.take(seen.slow_closed, steady::now());
  finding found;
  found.details = {{"connections", seen.connections},
                   {"maximum", most},
                   {"refused", seen.refused},
                   {"slowClosed", seen.slow_closed},
                   {"calls", seen.calls},
                   {"errors", seen.errors},
                   {"delayed", seen.delayed},
                   {"refusedReplies", seen.refused_replies},
                   {"closedForMemory", seen.closed_for_memory},
                   {"bufferBytes", of.users().all().sum()}};
  if (auto const who = of.users().most_refused()) found.details["mostRefusedUid"] = *who;
  found.add(percent.evaluate(percent_of(seen.connections, most)),
            std::to_string(seen.connections) + " of " + std::to_string(most) + " connections");
  if (refused > 0)
    found.add(state::warning, count_text(refused, "connection") +
                                  (refused == 1 ? " was" : " were") +
                                  " refused because of a limit" + most_refused_text(of.users()));
  if (replies > 0)
    found.add(state::warning, std::to_string(replies) + (replies == 1 ? " reply" : " replies") +
                                  (replies == 1 ? " was" : " were") +
                                  " refused because of a user's memory" +
                                  most_refused_text(of.users()));
  if (slow > 0)
    found.add(state::warning, count_text(slow, "client") + (slow == 1 ? " was" : " were") +
                                  " disconnected, for not reading");
  return found;
}

/// Consumers that a check names.
constexpr std::size_t named_consumers = 3;

finding look_at_consumers(consumers const& all, std::chrono::milliseconds late) {
  auto const now = steady::now();
  auto const seen = all.counts(now);
  name_list failed(named_consumers);
  name_list behind(named_consumers);
  all.each([&](std::string const& name, consumers::facts const& known) {
    if (known.failed && !is_login_user(known.uid)) failed.add(name);
    if (all.lag(name, now).value_or(steady::duration::zero()) >= late) behind.add(name);
  });
  finding found;
  found.details = {{"watching", seen.watching},
                   {"absent", seen.absent},
                   {"failed", seen.failed},
                   {"behind", seen.behind},
                   {"longestMs", seen.longest.count()}};
  found.add(state::healthy, count_text(seen.watching + seen.absent, "consumer"));
  if (!failed.empty())
    found.add(state::warning,
              count_text(seen.failed, "consumer") + " could not apply a revision:" + failed.text());
  if (!behind.empty())
    found.add(state::warning,
              "revisions were not applied for " + time_text(seen.longest) + " by:" + behind.text());
  return found;
}

} // namespace

check cache_check(subjects const& of, measures const& by) {
  return make_check(built_in::cache, by,
                    [of](completion const& done) { done(look_at_cache(of.values.cache())); });
}

check loop_check(subjects const& of, measures const& by,
                 std::function<steady::duration()> lateness) {
  auto const evaluate = [how = by.how.loop_ms,
                         lateness = std::move(lateness)](steady::duration waited) {
    auto const late = lateness();
    auto const worst = std::max(waited, late);
    return finding{
        .what = how.evaluate(milliseconds_of(worst)),
        .message = "at most " + time_text(worst) + " late",
        .details = {{"waitMs", milliseconds_of(waited)}, {"lateMs", milliseconds_of(late)}}};
  };
  return make_check(built_in::loop, by, [of, evaluate](completion const& done) {
    asio::post(of.loop,
               [done, evaluate, begin = steady::now()] { done(evaluate(steady::now() - begin)); });
  });
}

check clock_check(measures const& by) {
  auto const watched = std::make_shared<clock_watch>(
      std::chrono::milliseconds(by.how.clock_jump_ms),
      report_time(by.how.pace_of(built_in::clock), std::chrono::minutes(10)));
  return make_check(built_in::clock, by, [watched](completion const& done) {
    done(watched->take(clock_watch::read()));
  });
}

check peers_check(subjects const& of, measures const& by) {
  auto const shown_for = report_time(by.how.pace_of(built_in::peers), std::chrono::minutes(1));
  auto const lately = std::make_shared<increases>(increases{
      recent_increase(shown_for), recent_increase(shown_for), recent_increase(shown_for)});
  return make_check(built_in::peers, by,
                    [of, lately, most = by.bounds.connections,
                     percent = by.how.peers_percent](completion const& done) {
                      done(look_at_peers(of.server, *lately, most, percent));
                    });
}

check consumers_check(subjects const& of, measures const& by) {
  std::chrono::milliseconds const late(by.how.consumer_late_ms);
  return make_check(built_in::consumers, by, [of, late](completion const& done) {
    done(look_at_consumers(of.programs, late));
  });
}

} // namespace cfgd::health
