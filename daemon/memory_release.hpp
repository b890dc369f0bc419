#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace boost::asio {
class thread_pool;
}

namespace cfgd {

/// Gives memory that is free back to the kernel after a burst. Loop thread only.
class memory_release {
 public:
  using clock = std::chrono::steady_clock;
  /// A burst is at least this; what is less stays for the next one.
  static constexpr std::size_t least_peak_bytes = std::size_t{4} * 1024 * 1024;
  /// The use has to be below half of the peak for so long.
  static constexpr std::chrono::seconds quiet{1};

  /// `release` runs on a thread of its own: it takes milliseconds for each hundred MiB.
  explicit memory_release(std::function<void()> release = give_back);
  /// Waits for a release that runs.
  ~memory_release();
  memory_release(memory_release const&) = delete;
  memory_release& operator=(memory_release const&) = delete;

  /// Call it now and then with the memory in use and the most of it since the last call. Starts a
  /// release when one is due; whether it did.
  bool look(std::size_t used_bytes, std::size_t most_bytes, clock::time_point now);
  /// Starts a release now.
  void start();

  /// malloc_trim(3).
  static void give_back();

 private:
  bool is_due(std::size_t used_bytes, std::size_t most_bytes, clock::time_point now);

  std::function<void()> release_;
  std::size_t peak_ = 0;
  clock::time_point quiet_since_{};
  bool is_quiet_ = false;
  std::unique_ptr<boost::asio::thread_pool> thread_; ///< made when it is needed first
};

} // namespace cfgd
