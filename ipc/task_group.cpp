#include "ipc/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/assert.hpp>
#include <boost/system/system_error.hpp>

#include <utility>
#include <vector>

// A coroutine that nobody owns is one that uses what has died. Here each has an entry with its
// cancellation signal; the entry goes when the coroutine ends, and who destroys something that a
// coroutine uses waits for the group to be empty first.
//
// The state is shared with the completion handlers, because a handler of the last task may run
// on_empty's callback, which may destroy the group.

namespace cfgd::ipc {

namespace {

bool is_cancellation(std::exception_ptr const& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (boost::system::system_error const& failure) {
    return failure.code() == boost::asio::error::operation_aborted;
  } catch (...) { // NOLINT(bugprone-empty-catch): whatever else it is, `failed` gets it
    return false;
  }
}

} // namespace

struct task_group::impl {
  struct task {
    std::string name;
    boost::asio::cancellation_signal signal;
  };

  void ended(std::list<task>::iterator which, std::exception_ptr const& thrown) {
    auto const name = std::move(which->name);
    tasks.erase(which);
    if (thrown && !is_cancellation(thrown) && failed) failed(name, thrown);
    if (tasks.empty()) announce_empty();
  }

  void announce_empty() {
    for (auto& done : std::exchange(waiting, {}))
      boost::asio::post(loop, std::move(done));
  }

  boost::asio::any_io_executor loop;
  std::function<void(std::string const&, std::exception_ptr)> failed;
  std::list<task> tasks;
  std::vector<std::function<void()>> waiting;
};

task_group::task_group(boost::asio::any_io_executor loop,
                       std::function<void(std::string const& name, std::exception_ptr)> failed)
    : impl_(std::make_shared<impl>()) {
  impl_->loop = std::move(loop);
  impl_->failed = std::move(failed);
}

task_group::~task_group() { BOOST_ASSERT(impl_->tasks.empty()); }

void task_group::spawn(std::string name, boost::asio::awaitable<void> task) {
  auto const entry = impl_->tasks.emplace(impl_->tasks.end());
  entry->name = std::move(name);
  boost::asio::co_spawn(
      impl_->loop, std::move(task),
      boost::asio::bind_cancellation_slot(entry->signal.slot(),
                                          [group = impl_, entry](std::exception_ptr const& thrown) {
                                            group->ended(entry, thrown);
                                          }));
}

void task_group::cancel() {
  // Emitting may end a task at once, which erases its entry: so step first.
  for (auto next = impl_->tasks.begin(); next != impl_->tasks.end();) {
    auto const current = next++;
    current->signal.emit(boost::asio::cancellation_type::terminal);
  }
}

void task_group::on_empty(std::function<void()> done) {
  impl_->waiting.push_back(std::move(done));
  if (impl_->tasks.empty()) impl_->announce_empty();
}

std::size_t task_group::size() const { return impl_->tasks.size(); }

} // namespace cfgd::ipc
