#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <string>

namespace cfgd::ipc {

/// Owns coroutines: every long one is spawned in a group, can be cancelled, and is joined
/// before what it uses dies (after Boost.Beast's server-flex-awaitable example). Loop thread only.
/// The destructor asserts that the group is empty.
class task_group {
 public:
  /// `failed` gets the name and the exception of a task that ended with one (not by cancellation).
  task_group(boost::asio::any_io_executor loop,
             std::function<void(std::string const& name, std::exception_ptr)> failed);
  ~task_group();
  task_group(task_group const&) = delete;
  task_group& operator=(task_group const&) = delete;

  void spawn(std::string name, boost::asio::awaitable<void> task);

  /// Emits terminal cancellation to all tasks.
  void cancel();
  /// Calls `done` once when no task is left, perhaps at once (through the loop).
  void on_empty(std::function<void()> done);
  std::size_t size() const;

 private:
  struct impl;
  std::shared_ptr<impl> impl_; ///< completion handlers share it
};

} // namespace cfgd::ipc
