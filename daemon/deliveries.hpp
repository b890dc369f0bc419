#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace cfgd {

/// What a thread has to say to the loop, in order: one post for all that it sends at a time, and
/// read in slices of time, so that a large group of answers does not keep calls waiting. Must
/// outlive the loop's run, or be stopped with it.
class deliveries {
 public:
  using message = std::function<void()>;

  /// One slice: a little more than a turn of a connection.
  static constexpr std::chrono::microseconds slice{100};

  explicit deliveries(boost::asio::any_io_executor loop) : loop_(std::move(loop)) {}
  deliveries(deliveries const&) = delete;
  deliveries& operator=(deliveries const&) = delete;

  /// For the thread: a message of the next send().
  void add(message what) { collected_.push_back(std::move(what)); }
  /// For the thread: the loop runs what was added, after everything that was sent before.
  void send();

  /// For the loop: runs `then` at once, or after the messages that wait for their slice.
  void run_behind(message then);

 private:
  void take_sent();
  void run_slice();

  boost::asio::any_io_executor loop_;
  std::vector<message> collected_; ///< the thread's
  std::deque<message> waiting_;    ///< the loop's
  std::mutex mutex_;               ///< guards those below
  std::vector<message> sent_;
  bool posted_ = false;
};

} // namespace cfgd
