#include "daemon/deliveries.hpp"

#include <boost/asio/post.hpp>

#include <iterator>
#include <utility>

// While messages wait for their slice, a handler of the loop is posted and the thread posts none.
// The handler goes behind the events that are there, so that each of them waits for one slice.

namespace cfgd {

void deliveries::send() {
  if (collected_.empty()) return;
  {
    std::lock_guard const locked(mutex_);
    if (sent_.empty())
      sent_.swap(collected_);
    else
      std::move(collected_.begin(), collected_.end(), std::back_inserter(sent_));
    collected_.clear();
    if (std::exchange(posted_, true)) return;
  }
  boost::asio::post(loop_, [this] { run_slice(); });
}

void deliveries::take_sent() {
  std::vector<message> sent;
  {
    std::lock_guard const locked(mutex_);
    sent.swap(sent_);
  }
  std::move(sent.begin(), sent.end(), std::back_inserter(waiting_));
}

void deliveries::run_behind(message then) {
  take_sent();
  if (waiting_.empty())
    then();
  else
    waiting_.push_back(std::move(then));
}

void deliveries::run_slice() {
  using clock = std::chrono::steady_clock;
  take_sent();
  auto const end = clock::now() + slice;
  while (!waiting_.empty()) {
    // It stays the first while it runs: what run_behind() gets then comes after it.
    waiting_.front()();
    waiting_.pop_front();
    if (clock::now() >= end) break;
  }
  {
    std::lock_guard const locked(mutex_);
    posted_ = !waiting_.empty() || !sent_.empty();
    if (!posted_) return;
  }
  boost::asio::post(loop_, [this] { run_slice(); });
}

} // namespace cfgd
