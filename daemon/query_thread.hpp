#pragma once

#include "core/limits.hpp"
#include "daemon/asker.hpp"
#include "daemon/committer.hpp"
#include "daemon/fair_queue.hpp"
#include "store/snapshot.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

namespace cfgd {

/// The thread that answers questions to history, schemas and rules, in read transactions of its
/// own, so that no change waits for them. An answer has at least the state as of the question; what
/// it has seen was published before. Users are served in turn; each question is bounded in time,
/// and dropped when its asker has gone. Call all functions from the loop thread; they call their
/// callbacks there.
class query_thread {
 public:
  /// `writer` must outlive it. `lost` is called when the store could not be read.
  query_thread(boost::asio::any_io_executor loop, std::unique_ptr<store::history_reader> reader,
               committer& writer, limits const& bounds, std::function<void()> lost);
  /// Drops what waits and ends the thread.
  ~query_thread();
  query_thread(query_thread const&) = delete;
  query_thread& operator=(query_thread const&) = delete;

  /// Runs `ask(store)` on the thread. `done` gets its return value as a result (or unchanged, if it
  /// is a result), unless the asker has gone. Errors: limit (too many questions wait, or this one
  /// took too long), store_failed, and those of `ask`.
  template <class Ask, class Done>
  void ask(asker who, Ask work, Done done) {
    using answer = as_result<std::invoke_result_t<Ask&, store::reading const&>>;
    struct state {
      Ask work;
      Done done;
      std::optional<answer> answered = {};
    };
    auto const kept = std::make_shared<state>(state{std::move(work), std::move(done)});
    question made;
    made.who = std::move(who);
    made.work = [kept](store::reading const& in) { kept->answered.emplace(kept->work(in)); };
    made.finish = [kept](std::optional<error> const& failed) {
      if (failed) kept->answered.emplace(*failed);
      kept->done(std::move(*kept->answered));
    };
    add(std::move(made));
  }

  /// Drops the questions whose askers have gone.
  void drop_gone();
  /// Questions that wait.
  std::size_t waiting() const;
  /// Drops what waits, and ends the question that runs; afterwards this object does not keep the
  /// loop running.
  void stop();

 private:
  template <class T>
  using as_result = typename detail::as_result<T>::type;
  using clock = std::chrono::steady_clock;
  struct question {
    asker who;
    std::function<void(store::reading const&)> work;
    std::function<void(std::optional<error> const&)> finish; ///< on the loop
  };
  using queue = fair_queue<question>;

  void add(question what);
  std::optional<error> refusal_of(question const& what) const;
  void run();
  std::optional<queue::piece> take();
  /// Returns why it was not answered; absent: it was.
  std::optional<error> answer(question const& what);
  std::optional<error> read(question const& what, clock::time_point until);

  boost::asio::any_io_executor loop_;
  std::optional<boost::asio::executor_work_guard<boost::asio::any_io_executor>> guard_;
  std::unique_ptr<store::history_reader> reader_; ///< the thread's
  std::shared_ptr<store::snapshot const> newest_; ///< the thread's, too
  committer& writer_;
  limits bounds_;
  std::function<void()> lost_;
  std::stop_source ending_;
  mutable std::mutex mutex_; ///< guards the queue
  queue waiting_;
  std::condition_variable wake_;
  std::jthread thread_; ///< last: uses all above
};

} // namespace cfgd
