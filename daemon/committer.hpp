#pragma once

#include "core/histogram.hpp"
#include "core/limits.hpp"
#include "daemon/asker.hpp"
#include "daemon/credential_values.hpp"
#include "daemon/deliveries.hpp"
#include "daemon/fair_queue.hpp"
#include "daemon/fallback.hpp"
#include "daemon/systemd.hpp"
#include "store/config_store.hpp"
#include "store/snapshot.hpp"
#include "watchers/source_watcher.hpp"
#include "watchers/store_watch.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace cfgd {

namespace detail {
template <class T>
struct as_result {
  using type = result<T>;
};
template <class T>
struct as_result<result<T>> {
  using type = result<T>;
};
} // namespace detail

/// The thread that owns the store: it alone parses sources and commits. The loop submits work and
/// receives results as messages; nothing else is shared. Changes that are submitted in a turn of
/// the loop are handed over together, behind it. Those that wait when a commit ends go into the
/// next one together: all of the daemon's own, and of those by calls as many as take
/// limits::commit_group, users in turn. Changes do not wait for queries: of the queries that wait,
/// one is run after each commit, in their order. Call all functions from the loop thread, except
/// snapshot_now(); they call their callbacks there.
class committer {
 public:
  /// A committed change, and the namespaces without an effective source, if that list has changed.
  /// References are valid during the call of the publisher.
  struct publication {
    engine::committed_change const& what;
    std::optional<fallbacks> const& without_values;
  };
  /// Called for every committed change, before the `done` of its request.
  using publisher = std::function<void(publication const&)>;

  committer(boost::asio::any_io_executor loop, std::unique_ptr<store::config_store> store,
            limits const& bounds, publisher publish);
  /// Finishes submitted work, then ends the thread.
  ~committer();
  committer(committer const&) = delete;
  committer& operator=(committer const&) = delete;

  using finished = std::function<void(engine::decision const&)>;

  /// What references in files stand for. Call it before anything is submitted.
  void set_credentials(credential_values known) { credentials_ = std::move(known); }

  /// Whose events a commit must not cause. Call it before anything is submitted; it must outlive
  /// this object.
  void set_watch(watchers::store_watch& of_store) { watch_ = &of_store; }

  /// Commits a request of the daemon itself. `done` gets the decision; its errors are those of
  /// engine::decision.
  void submit(engine::request request, finished done);
  /// Commits a request of a client, in turn with those of other users; drops it if the client goes
  /// before. More errors: limit (too many changes wait).
  void submit(asker who, engine::request request, finished done);
  /// Whether one more change of this user can wait, and leaves room for others.
  bool has_room(uid_t uid) const;
  /// Drops the requests and queries of clients that have gone.
  void drop_gone();
  /// Parses observed sources and commits them as one file change; `extra` (of the environment) is
  /// part of it. With grouping::all_or_none, contents that the store already has are left out.
  void submit(std::vector<watchers::observation> observed, std::vector<engine::source_update> extra,
              engine::grouping how, finished done);

  /// Runs `ask(store)` on the committer's thread after everything submitted before, and perhaps
  /// after changes that are submitted later: keep it short. `done` gets its return value as a
  /// result (or unchanged, if it is a result), after the publications of what `ask` has seen.
  /// Without `by` it is the daemon's and comes first; those of clients are run users in turn, and
  /// dropped when the client has gone. Errors: store_failed (`ask` threw an exception), and
  /// those of `ask`.
  template <class Ask, class Done>
  void query(Ask ask, Done done, std::optional<asker> by = {}) {
    enqueue(read([this, ask = std::move(ask),
                  done = std::move(done)](store::config_store& store) mutable {
              using answer = as_result<std::invoke_result_t<Ask&, store::config_store&>>;
              std::optional<answer> answered;
              if (auto failed = guarded([&] { answered.emplace(ask(store)); }))
                answered.emplace(std::move(*failed));
              deliver([done = std::move(done), answered = std::move(*answered)]() mutable {
                done(std::move(answered));
              });
            }),
            std::move(by));
  }

  /// Calls `then` after every commit that has failed, and when the files of the store were lost.
  void on_failure(std::function<void()> then) { on_failure_ = std::move(then); }

  /// Calls `use` with what access files say, whenever a commit has changed that, before the change
  /// is published. Call it before the first request.
  void on_access(std::function<void(std::shared_ptr<engine::access_rules const>)> then) {
    on_access_ = std::move(then);
  }

  /// Calls `done` when all submitted work is done; afterwards this object does not keep the loop
  /// running.
  void stop(std::function<void()> done);

  /// Reads commits of other processes from the store and publishes them.
  void refresh();

  /// What the store has in memory, as of now or later. What is in it was published before. For
  /// other threads than the loop: blocks until the commit that runs has ended, or `until`. Errors:
  /// store_failed.
  [[nodiscard]] result<std::shared_ptr<store::snapshot const>>
  snapshot_now(std::chrono::steady_clock::time_point until);

  /// Counts of transactions since the start.
  struct counts {
    std::uint64_t done = 0;
    std::uint64_t failed = 0;
    std::uint64_t requests = 0; ///< in them
    std::uint64_t losses = 0;   ///< the files of the store were removed or replaced
    duration_histogram times = {};
  };
  counts const& figures() const { return figures_; }
  /// The number of submitted requests and queries that wait.
  std::size_t waiting() const;

  /// Calls `then` on the loop, at once or after the results that were sent to it before. For
  /// threads that have seen them in a snapshot.
  void after_deliveries(deliveries::message then) { results_.run_behind(std::move(then)); }

 private:
  template <class T>
  using as_result = typename detail::as_result<T>::type;
  struct write {
    std::vector<watchers::observation> observed;
    engine::request request;
    finished done;
    std::optional<asker> who = {}; ///< absent: the daemon
  };
  using requests_of_clients = fair_queue<write>;
  using read = std::function<void(store::config_store&)>;
  struct client_read {
    read what;
    std::stop_token gone;
  };
  using queries_of_clients = fair_queue<client_read>;
  /// What the thread does next: all changes that wait, then a query.
  struct turn {
    std::vector<write> changes;
    /// Of the last ones of them, which are of clients, and what they were expected to cost.
    std::vector<std::pair<requests_of_clients::user, requests_of_clients::cost>> clients = {};
    std::uint64_t snapshot = 0; ///< number of the snapshot that is wanted; 0: none
    read question = {};         ///< may be empty
    /// Whose it is, if it is a client's, and what it was expected to cost.
    std::optional<std::pair<queries_of_clients::user, queries_of_clients::cost>> reader = {};
  };

  void accept(write what);
  void drop_all_gone();
  /// Gives the thread what was submitted.
  void hand_over();
  std::optional<error> refusal_of(asker const& who) const;
  void enqueue(write what);
  void enqueue(read what, std::optional<asker> by);
  void run();
  /// Waits for work; absent: there will be none.
  std::optional<turn> take_turn();
  void take_changes(turn& into);
  void settle(turn const& done, requests_of_clients::cost spent);
  /// Takes over what other processes have committed, and publishes it.
  void take_over();
  void make_snapshot(std::uint64_t number);
  void commit(std::vector<write> group);
  void prepare(write& next);
  /// Reads from /proc, so it is done on this thread and for writers only.
  void fill_in_unit(write& next);
  std::optional<fallbacks> take_new_fallbacks();
  enum class use : std::uint8_t { read, write };
  /// Runs `work`; an exception is logged and returned as store_failed.
  std::optional<error> guarded(std::function<void()> const& work, use what = use::read);
  /// Publishes what access files say, if it is not what was published last.
  void publish_access();
  /// Logs when everything that had failed works again.
  void note_use(use what, bool failed);
  /// Reports that the files of the store were lost, once.
  void report_loss();
  void deliver(deliveries::message what) { results_.add(std::move(what)); }

  boost::asio::any_io_executor loop_;
  boost::asio::executor_work_guard<boost::asio::any_io_executor> guard_;
  std::unique_ptr<store::config_store> store_; ///< the thread's, once it runs
  limits bounds_;
  credential_values credentials_; ///< the thread's, once anything is submitted
  publisher publish_;
  fallbacks fallbacks_; ///< the thread's, too: what was published last
  std::shared_ptr<engine::access_rules const> access_; ///< the same
  std::set<use> failing_;                              ///< the thread's, too
  systemd::client_units units_;                        ///< the thread's, too
  watchers::store_watch* watch_ = nullptr;
  deliveries results_;
  std::vector<write> submitted_;     ///< the loop's: not yet handed over
  bool handing_over_ = false;        ///< the loop's, too: hand_over() was posted
  bool dropping_ = false;            ///< the loop's, too: so was drop_gone()
  counts figures_;                   ///< the loop's
  std::function<void()> on_failure_; ///< the loop's, too
  std::function<void(std::shared_ptr<engine::access_rules const>)> on_access_; ///< the loop's, too
  mutable std::mutex mutex_;   ///< guards those below
  std::vector<write> changes_; ///< of the daemon
  requests_of_clients client_changes_;
  std::deque<read> questions_; ///< of the daemon
  queries_of_clients client_questions_;
  bool stopping_ = false;
  std::uint64_t snapshots_wanted_ = 0; ///< number of the last one
  std::uint64_t snapshots_made_ = 0;
  result<std::shared_ptr<store::snapshot const>> snapshot_ = error{};
  std::condition_variable wake_;
  std::condition_variable snapshot_made_;
  std::jthread thread_; ///< last: uses all above
};

} // namespace cfgd
