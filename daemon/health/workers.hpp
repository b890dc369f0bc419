#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace cfgd::health {

/// Threads for work that may wait for a disk or a socket: another one begins when none is idle, so
/// that what is stuck holds up nothing else. Loop thread only.
class workers {
 public:
  static constexpr std::size_t most_threads = 8;

  explicit workers(boost::asio::any_io_executor loop);
  /// Results that have not come yet are dropped. A thread that does not end within a second is left
  /// behind: nothing that it uses is anybody else's.
  ~workers();
  workers(workers const&) = delete;
  workers& operator=(workers const&) = delete;

  using job = std::function<void()>;
  /// Runs `work` on a thread and then the function that it returns on the loop. `work` must hold
  /// all that it uses, must not throw, and has to end some time.
  /// Throws std::system_error if there is no thread for it.
  void run(std::function<job()> work);

 private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

} // namespace cfgd::health
