#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cfgd::ipc {

/// The bytes that a connection has still to send. Does no I/O. Memory is given back when it is
/// empty; a server lends one large string to whoever writes at the moment.
class reply_queue {
 public:
  reply_queue(std::size_t soft_bytes, std::size_t hard_bytes)
      : soft_(soft_bytes), hard_(hard_bytes) {}

  /// Where to append messages. `spare` is taken as memory if there is none.
  std::string& begin_append(std::string& spare);
  /// Call after appending: notes that the soft limit was passed.
  void end_append();

  std::string_view unsent() const { return std::string_view(bytes_).substr(sent_); }
  void consume(std::size_t bytes);
  /// Gives the memory of an empty queue back, to `spare` if that has none of use.
  void release(std::string& spare);
  void discard();

  std::size_t size() const { return bytes_.size() - sent_; }
  bool empty() const { return size() == 0; }
  bool above_soft() const { return size() > soft_; }
  /// Whether nothing more may be queued: a single message may pass the limit, the next may not.
  bool above_hard() const { return size() > hard_; }
  /// Makes take_drained() say when it is empty, whether or not it was above the soft limit.
  void expect_drained() { was_above_soft_ = true; }
  /// Whether it became empty after it was above the soft limit; says so once.
  bool take_drained();
  std::size_t held_bytes() const { return bytes_.capacity(); }

 private:
  std::string bytes_;
  std::size_t sent_ = 0;
  std::size_t soft_;
  std::size_t hard_;
  bool was_above_soft_ = false;
};

} // namespace cfgd::ipc
