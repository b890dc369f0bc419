#include "ipc/reply_queue.hpp"

#include "ipc/message.hpp"

#include <boost/assert.hpp>

#include <memory>
#include <utility>

// Replies wait here between the handler that gives them and the kernel that takes them, most of the
// time for less than a turn of the loop. All replies of a turn lie behind each other and leave in
// one write.
//
// What was sent is cut off only when it is the larger part, so that each byte is moved at most once
// or so, however small the pieces are that a slow peer takes.
//
// A short shared text is copied: to hold it would take as much memory, and a write of its own.

namespace cfgd::ipc {

namespace {

// Memory above this is not kept for the next writer: one huge reply should not stay for ever.
constexpr std::size_t kept_capacity = 256 * 1024;
constexpr std::size_t least_shared_bytes = 1024;

} // namespace

shared_text make_shared_reply(std::string_view parameters) {
  std::string out;
  append_reply(out, parameters, true);
  out.shrink_to_fit();
  return std::make_shared<std::string const>(std::move(out));
}

std::string& reply_queue::begin_append(std::string& spare) {
  if (bytes_.empty() && bytes_.capacity() < spare.capacity()) bytes_.swap(spare);
  return bytes_;
}

void reply_queue::end_append() {
  if (above_soft()) was_above_soft_ = true;
}

void reply_queue::append_shared(shared_text const& whole, std::size_t sent, std::string& spare) {
  BOOST_ASSERT(sent == 0 || empty());
  auto const rest = std::string_view(*whole).substr(sent);
  if (rest.size() < least_shared_bytes) {
    begin_append(spare) += rest;
  } else {
    if (!bytes_.empty()) {
      // A copy of what lies in borrowed memory: a part counts with its size.
      part_bytes_ += bytes_.size();
      if (bytes_.capacity() / 2 <= bytes_.size())
        parts_.push_back(std::make_shared<std::string const>(std::exchange(bytes_, {})));
      else
        parts_.push_back(std::make_shared<std::string const>(bytes_));
      bytes_.clear();
    }
    part_bytes_ += whole->size();
    parts_.push_back(whole);
    sent_ += sent;
  }
  end_append();
}

void reply_queue::consume(std::size_t bytes) {
  BOOST_ASSERT(bytes <= unsent().size());
  sent_ += bytes;
  if (!parts_.empty()) {
    if (sent_ < parts_.front()->size()) return;
    part_bytes_ -= std::exchange(sent_, 0);
    parts_.erase(parts_.begin());
  } else if (sent_ == bytes_.size()) {
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
  if (!empty()) return;
  if (parts_.capacity() != 0) std::vector<shared_text>().swap(parts_);
  if (bytes_.capacity() <= kept_capacity && bytes_.capacity() > spare.capacity())
    bytes_.swap(spare);
  if (bytes_.capacity() > std::string().capacity()) std::string().swap(bytes_);
}

void reply_queue::discard() {
  std::string().swap(bytes_);
  std::vector<shared_text>().swap(parts_);
  part_bytes_ = sent_ = 0;
  was_above_soft_ = false;
}

bool reply_queue::take_drained() {
  if (!was_above_soft_ || !empty()) return false;
  was_above_soft_ = false;
  return true;
}

} // namespace cfgd::ipc
