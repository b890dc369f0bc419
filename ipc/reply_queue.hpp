#pragma once

#include "ipc/call.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::ipc {

/// The bytes that a connection has still to send. Does no I/O. Memory is given back when it is
/// empty; a server lends one large string to whoever writes at the moment. A long text that many
/// connections get is held together with them, and counts in each as if it were its own.
class reply_queue {
 public:
  reply_queue(std::size_t soft_bytes, std::size_t hard_bytes)
      : soft_(soft_bytes), hard_(hard_bytes) {}

  /// Where to append messages. `spare` is taken as memory if there is none.
  std::string& begin_append(std::string& spare);
  /// Call after appending: notes that the soft limit was passed.
  void end_append();
  /// Appends a text that others get, too, as begin_append() and end_append() do. `sent`: so many
  /// bytes of it were sent already; not above 0 unless the queue is empty.
  void append_shared(shared_text const& whole, std::size_t sent, std::string& spare);

  /// Bytes to send next; not all there are.
  std::string_view unsent() const {
    return std::string_view(parts_.empty() ? bytes_ : *parts_.front()).substr(sent_);
  }
  /// `bytes`: of unsent().
  void consume(std::size_t bytes);
  /// Gives the memory of an empty queue back, to `spare` if that has none of use.
  void release(std::string& spare);
  void discard();

  std::size_t size() const { return part_bytes_ + bytes_.size() - sent_; }
  bool empty() const { return size() == 0; }
  bool above_soft() const { return size() > soft_; }
  /// Whether nothing more may be queued: a single message may pass the limit, the next may not.
  bool above_hard() const { return size() > hard_; }
  /// Makes take_drained() say when it is empty, whether or not it was above the soft limit.
  void expect_drained() { was_above_soft_ = true; }
  /// Whether it became empty after it was above the soft limit; says so once.
  bool take_drained();
  std::size_t held_bytes() const { return part_bytes_ + bytes_.capacity(); }

 private:
  std::vector<shared_text> parts_; ///< what is sent before `bytes_`; mostly none
  std::size_t part_bytes_ = 0;     ///< the size of all parts
  std::string bytes_;
  std::size_t sent_ = 0; ///< of the first part, or of `bytes_`
  std::size_t soft_;
  std::size_t hard_;
  bool was_above_soft_ = false;
};

} // namespace cfgd::ipc
