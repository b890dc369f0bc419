#pragma once

#include "watchers/inotify.hpp"
#include "watchers/ledger.hpp"
#include "watchers/look.hpp"
#include "watchers/routes.hpp"
#include "watchers/settle.hpp"
#include "watchers/source_watcher.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace cfgd::watchers {

/// The state of a source_watcher; see source_watcher.cpp (events and time) and
/// source_watcher_look.cpp (looks). Its parts, in the order in which a change passes them:
/// - inotify delivers an event;
/// - routes maps it to a path, and later the path to the units (directories) that depend on it;
/// - settle debounces the path;
/// - looker does a look, which lists, stats and reads the units on the worker thread;
/// - ledger compares each finding of the look with what was last reported.
struct source_watcher::impl {
  using time = std::chrono::steady_clock::time_point;
  /// The subject that stands for a look at everything: after lost events, when mounts change.
  static constexpr std::string_view everything = "*";

  impl(boost::asio::any_io_executor const& loop, options how,
       std::vector<known_source> const& known, handler found);
  ~impl();

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> read_events();
  boost::asio::awaitable<void> watch_mounts();
  boost::asio::awaitable<void> keep_time();

  void drain();
  void on_event(kernel_event const& event);
  void note(std::string const& path, kernel_event const& event);
  void note_everything() {
    settle_.note(everything, settle::sign::changed, std::chrono::steady_clock::now());
  }

  time next_wake() const;
  void pump();
  bool plan(look_request& next);
  bool plan_ahead(look_request& next);
  void plan_missing(look_request& next, time now);
  void plan_emptied(look_request& next, time now);
  void start(look_request next);
  void on_look(look_result result, std::exception_ptr const& failure);
  ledger::outcome evaluate(finding found, std::vector<observation>& observations);
  void look_again(source_id const& id, std::string const& location, time first,
                  std::chrono::milliseconds after = {});
  look_unit unit_of(source_id const& id) const;
  bool is_premature(finding const& found) const;
  void report_gone(std::vector<observation>& observations);
  void read_unmasked();
  unused_file other_file(look_unit const& in, std::string const& name, std::uint64_t size) const;
  void take_others(std::map<look_unit, other_files> const& newest);
  std::vector<unused_file> unused() const;
  void warn(look_result const& result);
  void answer();

  /// A caller of look_now().
  struct waiter {
    depth how_far;
    std::function<void()> done;
    bool looked = false;
    std::set<source_id> unreported; ///< seen by the look, to be looked at again
  };
  /// The current look.
  struct look_state {
    bool whole = false;
    bool asked = false;    ///< by look_now(), or it is the first
    bool is_ahead = false; ///< it only reads what settles
    depth how_far = depth::changed;
    std::chrono::system_clock::time_point began;
    std::unordered_map<std::string, settle::released> released; ///< by subject
    std::vector<source_id> overdue;
    std::unordered_set<std::string> rewritten; ///< written to since it began
    bool lost_events = false;
  };
  /// Shared with the worker, so that a result that arrives after the watcher is destroyed is
  /// dropped.
  struct inbox {
    impl* owner = nullptr; ///< null: destroyed
    bool running = false;
  };

  boost::asio::any_io_executor loop_;
  options how_;
  handler found_;
  std::optional<inotify> kernel_;
  std::optional<boost::asio::posix::stream_descriptor> events_;
  boost::asio::steady_timer timer_;
  settle settle_;
  ledger ledger_;
  routes routes_;
  look_state current_;
  std::deque<waiter> waiters_;
  std::map<look_unit, other_files> others_;
  std::vector<source_id> again_;   ///< to be read by the next look
  std::set<source_id> report_all_; ///< requested with depth::all, not yet reported
  std::vector<int> lost_watches_;
  std::vector<std::pair<kernel_event, std::string>>
      early_; ///< events of watches that the current look has set
  time next_sweep_ = time::min();
  time next_poll_ = time::max();
  bool busy_ = false;
  bool first_ = true;
  bool warned_unwatched_ = false;
  bool warned_files_ = false;
  std::exception_ptr failure_;
  counts figures_;
  std::shared_ptr<inbox> inbox_ = std::make_shared<inbox>();
  looker looker_;
  boost::asio::thread_pool worker_{1};
};

} // namespace cfgd::watchers
