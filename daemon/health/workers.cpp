#include "daemon/health/workers.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

// A system call on a dead disk or a lost network file system does not return, whatever the time
// limit is, and its thread cannot be ended. So threads are counted, not joined; they keep
// everything that they use alive, and their connection to the loop is cut, under the lock, before
// the loop ends. Idle threads stay: there are as many as ever ran at the same time.

namespace cfgd::health {

namespace asio = boost::asio;

struct workers::shared {
  std::mutex mutex; ///< guards all below
  std::condition_variable changed;
  std::deque<std::function<job()>> waiting;
  std::optional<asio::any_io_executor> loop; ///< absent: results are dropped
  std::size_t threads = 0;
  std::size_t idle = 0;
  bool stopping = false;

  static void serve(std::shared_ptr<shared> const& self) {
    std::unique_lock locked(self->mutex);
    while (true) {
      ++self->idle;
      self->changed.wait(locked, [&] { return self->stopping || !self->waiting.empty(); });
      --self->idle;
      if (self->stopping) break;
      auto work = std::move(self->waiting.front());
      self->waiting.pop_front();
      locked.unlock();
      auto result = work();
      work = nullptr;
      locked.lock();
      if (self->loop) asio::post(*self->loop, std::move(result));
      result = nullptr; // under the lock: the loop's objects may be in it
    }
    --self->threads;
    self->changed.notify_all();
  }
};

workers::workers(asio::any_io_executor loop) : shared_(std::make_shared<shared>()) {
  shared_->loop = std::move(loop);
}

workers::~workers() {
  std::unique_lock locked(shared_->mutex);
  shared_->stopping = true;
  shared_->loop.reset();
  shared_->waiting.clear();
  shared_->changed.notify_all();
  shared_->changed.wait_for(locked, std::chrono::seconds(1),
                            [this] { return shared_->threads == 0; });
}

void workers::run(std::function<job()> work) {
  std::lock_guard const locked(shared_->mutex);
  shared_->waiting.push_back(std::move(work));
  if (shared_->idle < shared_->waiting.size() && shared_->threads < most_threads) {
    try {
      std::thread([self = shared_] { shared::serve(self); }).detach();
    } catch (std::system_error const&) {
      // No thread can be created. One that is busy will do the work; without one it is a failure.
      if (shared_->threads > 0) return;
      shared_->waiting.pop_back();
      throw;
    }
    ++shared_->threads;
    return;
  }
  shared_->changed.notify_one();
}

} // namespace cfgd::health
