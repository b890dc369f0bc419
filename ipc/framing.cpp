#include "ipc/framing.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <cstring>

// The only framing of Varlink is a NUL behind each message. Reads cut and join messages anywhere,
// so bytes wait here until their NUL has come.
//
// Every byte is looked at once: `scanned_` remembers how far the search for a NUL got, else a
// client that sends a large message byte by byte would cost the square of its length.
//
// The length limit is checked on what is there, ended or not. A message that is too long is never
// given out, and since its end cannot be trusted to come, neither is anything behind it.
//
// Memory: a server has thousands of connections and few that speak at once. A reader therefore
// borrows one large buffer for the length of a turn and keeps only a message that was cut, in
// memory of just about its size.

namespace cfgd::ipc {

frame_reader::frame_reader(std::size_t maximum_frame_bytes) : maximum_(maximum_frame_bytes) {}

std::span<char> frame_reader::prepare(std::size_t at_least) {
  auto const used = end_ - begin_;
  if (capacity_ - end_ < at_least) {
    if (capacity_ - used >= at_least) {
      std::memmove(data_, data_ + begin_, used);
      scanned_ -= begin_;
      begin_ = 0;
      end_ = used;
    } else {
      move_to_own(std::max(used + at_least, 2 * used));
    }
  }
  return {data_ + end_, capacity_ - end_};
}

void frame_reader::commit(std::size_t bytes) {
  BOOST_ASSERT(bytes <= capacity_ - end_);
  end_ += bytes;
}

std::optional<std::string_view> frame_reader::next() {
  if (begin_ == end_) {
    own_.reset();
    data_ = nullptr;
    capacity_ = begin_ = end_ = scanned_ = 0;
    return std::nullopt;
  }
  auto const* found =
      static_cast<char const*>(std::memchr(data_ + scanned_, '\0', end_ - scanned_));
  scanned_ = found == nullptr ? end_ : static_cast<std::size_t>(found - data_);
  if (found == nullptr || scanned_ - begin_ > maximum_) return std::nullopt;
  std::string_view const message(data_ + begin_, scanned_ - begin_);
  begin_ = ++scanned_;
  return message;
}

void frame_reader::put_back(std::string_view message) {
  BOOST_ASSERT(begin_ > message.size() && data_ + begin_ == message.data() + message.size() + 1);
  begin_ -= message.size() + 1;
  scanned_ = begin_;
}

bool frame_reader::too_large() const {
  if (end_ - begin_ <= maximum_) return false;
  auto const limit = begin_ + maximum_ + 1;
  return scanned_ >= limit || std::memchr(data_ + scanned_, '\0', limit - scanned_) == nullptr;
}

void frame_reader::borrow(std::span<char> scratch) {
  if (begin_ != end_) return;
  own_.reset();
  data_ = scratch.data();
  capacity_ = scratch.size();
  begin_ = end_ = scanned_ = 0;
}

void frame_reader::keep() {
  if (own_ || data_ == nullptr) return;
  if (begin_ == end_) {
    data_ = nullptr;
    capacity_ = begin_ = end_ = scanned_ = 0;
  } else {
    move_to_own(end_ - begin_);
  }
}

void frame_reader::move_to_own(std::size_t capacity) {
  auto const used = end_ - begin_;
  auto bigger = std::make_unique_for_overwrite<char[]>(capacity);
  if (used != 0) std::memcpy(bigger.get(), data_ + begin_, used);
  own_ = std::move(bigger);
  data_ = own_.get();
  capacity_ = capacity;
  scanned_ -= begin_;
  begin_ = 0;
  end_ = used;
}

} // namespace cfgd::ipc
