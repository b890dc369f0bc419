#include "daemon/memory_release.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <malloc.h>

#include <algorithm>
#include <utility>

// The allocator keeps what was freed, for there may be a use of it: after a burst of clients that
// can be hundreds of MiB for ever. malloc_trim(3) gives whole free pages back, wherever they are in
// the heap, but it goes through all of it under the allocator's lock. So it is done once after a
// burst, when the clients have gone, and on another thread; the loop waits only if it allocates
// from the arena that is gone through at the moment.

namespace cfgd {

memory_release::memory_release(std::function<void()> release) : release_(std::move(release)) {}

memory_release::~memory_release() {
  if (thread_) thread_->join();
}

bool memory_release::look(std::size_t used_bytes, std::size_t most_bytes, clock::time_point now) {
  if (!is_due(used_bytes, most_bytes, now)) return false;
  start();
  return true;
}

void memory_release::start() {
  if (!thread_) thread_ = std::make_unique<boost::asio::thread_pool>(1);
  boost::asio::post(*thread_, release_);
}

bool memory_release::is_due(std::size_t used_bytes, std::size_t most_bytes, clock::time_point now) {
  peak_ = std::max({peak_, used_bytes, most_bytes});
  if (peak_ < least_peak_bytes || used_bytes > peak_ / 2 || most_bytes > peak_ / 2) {
    is_quiet_ = false;
    return false;
  }
  if (!std::exchange(is_quiet_, true)) quiet_since_ = now;
  if (now - quiet_since_ < quiet) return false;
  peak_ = used_bytes;
  is_quiet_ = false;
  return true;
}

void memory_release::give_back() { (void)::malloc_trim(0); }

} // namespace cfgd
