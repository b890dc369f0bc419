#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <functional>

namespace cfgd::test {

/// An io_context that a test drives, and at most one coroutine in it.
class loop {
 public:
  loop() = default;
  loop(loop const&) = delete;
  loop& operator=(loop const&) = delete;

  boost::asio::io_context& context() { return context_; }

  /// Runs handlers until the predicate holds; false if it does not within the limit. Evaluates the
  /// predicate once and then after each handler: another thread that makes it true has to post to
  /// context() afterwards. Throws what the coroutine ended with.
  bool run_until(std::function<bool()> const& holds,
                 std::chrono::milliseconds limit = std::chrono::seconds(20));

  /// Starts the coroutine; what it uses has to live until stop() has returned.
  void start(boost::asio::awaitable<void> task);
  /// Cancels it and waits for its end.
  void stop();

 private:
  boost::asio::io_context context_{1};
  boost::asio::cancellation_signal cancel_;
  bool running_ = false;
  std::exception_ptr failure_;
};

} // namespace cfgd::test
