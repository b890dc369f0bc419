#include "ipc/reply_queue.hpp"

#include <boost/assert.hpp>

// Replies wait here between the handler that gives them and the kernel that takes them, most of the
// time for less than a turn of the loop. All replies of a turn lie behind each other and leave in
// one write.
//
// What was sent is cut off only when it is the larger part, so that each byte is moved at most once
// or so, however small the pieces are that a slow peer takes.

namespace cfgd::ipc {

namespace {

// Memory above this is not kept for the next writer: one huge reply should not stay for ever.
constexpr std::size_t kept_capacity = 256 * 1024;

} // namespace

std::string& reply_queue::begin_append(std::string& spare) {
  if (bytes_.empty() && bytes_.capacity() < spare.capacity()) bytes_.swap(spare);
  return bytes_;
}

void reply_queue::end_append() {
  if (above_soft()) was_above_soft_ = true;
}

void reply_queue::consume(std::size_t bytes) {
  BOOST_ASSERT(bytes <= size());
  sent_ += bytes;
  if (sent_ == bytes_.size()) {
    bytes_.clear();
    sent_ = 0;
  } else if (sent_ > bytes_.size() / 2) {
    bytes_.erase(0, sent_);
    sent_ = 0;
    if (bytes_.capacity() > kept_capacity && bytes_.capacity() / 4 > bytes_.size())
      bytes_.shrink_to_fit();
  }
}

void reply_queue::release(std::string& spare) {
  if (!empty() || bytes_.capacity() == 0) return;
  if (bytes_.capacity() <= kept_capacity && bytes_.capacity() > spare.capacity())
    bytes_.swap(spare);
  if (bytes_.capacity() > std::string().capacity()) std::string().swap(bytes_);
}

void reply_queue::discard() {
  std::string().swap(bytes_);
  sent_ = 0;
  was_above_soft_ = false;
}

bool reply_queue::take_drained() {
  if (!was_above_soft_ || !empty()) return false;
  was_above_soft_ = false;
  return true;
}

} // namespace cfgd::ipc
