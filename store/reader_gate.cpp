#include "store/reader_gate.hpp"

namespace cfgd::store {

void reader_gate::enter() {
  std::unique_lock locked(mutex_);
  changed_.wait(locked, [this] { return pauses_ == 0; });
  ++readers_;
}

void reader_gate::leave() {
  {
    std::lock_guard const locked(mutex_);
    --readers_;
  }
  changed_.notify_all();
}

void reader_gate::close() {
  std::unique_lock locked(mutex_);
  ++pauses_;
  changed_.wait(locked, [this] { return readers_ == 0; });
}

void reader_gate::open() {
  {
    std::lock_guard const locked(mutex_);
    --pauses_;
  }
  changed_.notify_all();
}

} // namespace cfgd::store
