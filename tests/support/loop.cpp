#include "tests/support/loop.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace cfgd::test {

namespace asio = boost::asio;

bool loop::run_until(std::function<bool()> const& holds, std::chrono::milliseconds limit) {
  auto const deadline = std::chrono::steady_clock::now() + limit;
  context_.restart();
  while (!holds()) {
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    if (std::chrono::steady_clock::now() >= deadline) return false;
    if (context_.stopped()) context_.restart();
    context_.run_one_until(deadline);
  }
  return true;
}

void loop::start(asio::awaitable<void> task) {
  running_ = true;
  asio::co_spawn(context_, std::move(task),
                 asio::bind_cancellation_slot(cancel_.slot(), [this](std::exception_ptr failure) {
                   running_ = false;
                   failure_ = failure;
                 }));
}

void loop::stop() {
  if (!running_) return;
  cancel_.emit(asio::cancellation_type::terminal);
  context_.restart();
  while (running_)
    context_.run_one();
  failure_ = nullptr; // operation_aborted
}

} // namespace cfgd::test
