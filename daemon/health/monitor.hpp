#pragma once

#include "daemon/health/current_status.hpp"
#include "daemon/health/result.hpp"
#include "daemon/health/schedule.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cfgd::health {

/// A check: how often it runs, and what it does.
struct check {
  std::string name;
  pace how;
  /// Begins a run; hands what it found to its argument, at once or later, on the loop. What it
  /// throws makes the check critical.
  std::function<void(completion const& done)> run;
};

/// Runs checks concurrently, each at its own interval, and keeps their current status. Loop thread
/// only.
class monitor {
 public:
  /// The status of a check has changed.
  struct transition {
    report const& now;
    state before;
    state overall;
    bool is_first; ///< nothing is known of before
  };
  using listener = std::function<void(transition const&)>;

  monitor(boost::asio::any_io_executor const& loop, listener changed);

  /// Its name must be unused. It runs at once if run() is active.
  void add(check what);
  void remove(std::string_view name);
  bool contains(std::string_view name) const { return schedule_.contains(name); }

  /// Runs checks until cancelled.
  boost::asio::awaitable<void> run();

  /// The worst status of all checks.
  state overall() const;
  /// The current status of each check, in the order in which they were added.
  std::vector<report> reports() const;
  /// Null: there is no such check. Valid until the next run of a check ends.
  report const* find(std::string_view name) const;

  /// Runs these checks, which must exist, and calls `done` when each has ended or is overdue. Their
  /// results become the current status without a second run to confirm them.
  void run_now(std::vector<std::string> names, std::function<void()> done);

  /// The input of a check has changed: it runs as soon as schedule::refresh_spacing allows, and its
  /// result becomes the current status at once. Does nothing if there is no such check.
  void refresh(std::string_view name);
  /// `look` calls refresh() for every check whose input has changed; when_current() calls it.
  void set_input_lookup(std::function<void()> look) { look_at_inputs_ = std::move(look); }
  /// Calls `done` when no check has to run because of a changed input: at once, or when these runs
  /// have ended or are overdue.
  void when_current(std::function<void()> done);

  struct counts {
    std::uint64_t runs = 0;
    std::uint64_t overdue = 0;
    std::uint64_t transitions = 0;
  };
  /// By check; removed checks are not included.
  std::map<std::string, counts, std::less<>> figures() const;

  /// How late the loop was for this object's timer at most, since the last call.
  std::chrono::steady_clock::duration take_lateness();

 private:
  using clock = std::chrono::steady_clock;
  struct entry {
    check what;
    current_status status;
    counts figures;
    current_status::cause cause = current_status::cause::timed; ///< of the run that is under way
    clock::time_point started;

    std::string_view name() const { return what.name; }
  };
  struct waiter {
    std::vector<std::pair<std::string, schedule::number>> tickets;
    std::function<void()> done;
  };

  entry* look_up(std::string_view name);
  void act();
  void begin(schedule::start const& which);
  void take(std::string_view name, schedule::number run, finding found);
  void evaluate(entry& one, finding found);
  void answer_waiters();
  void wake();

  boost::asio::any_io_executor loop_;
  listener changed_;
  schedule schedule_;
  std::list<entry> all_;
  std::list<waiter> waiters_;
  std::map<std::string, schedule::number, std::less<>> refreshes_; ///< tickets, by check
  std::function<void()> look_at_inputs_;
  clock::duration lateness_{};
  boost::asio::steady_timer timer_;
};

} // namespace cfgd::health
