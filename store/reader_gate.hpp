#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace cfgd::store {

/// Lets other threads read in an environment that its owner closes, opens and grows now and then:
/// LMDB must not do that below a transaction. The owner does not wait for a long reader, who sees
/// that it is wanted and leaves. Any thread.
class reader_gate {
 public:
  /// A reader is inside; begins when no owner is or waits.
  class visit {
   public:
    explicit visit(reader_gate& gate) : gate_(gate) { gate_.enter(); }
    ~visit() { gate_.leave(); }
    visit(visit const&) = delete;
    visit& operator=(visit const&) = delete;

   private:
    reader_gate& gate_;
  };

  /// No reader is inside; begins when the last one has left.
  class pause {
   public:
    explicit pause(reader_gate& gate) : gate_(gate) { gate_.close(); }
    ~pause() { gate_.open(); }
    pause(pause const&) = delete;
    pause& operator=(pause const&) = delete;

   private:
    reader_gate& gate_;
  };

  /// Whether the owner waits for readers to leave. Cheap.
  bool is_wanted() const { return pauses_ != 0; }

 private:
  void enter();
  void leave();
  void close();
  void open();

  std::mutex mutex_; ///< guards the count of readers, and changes of the other one
  std::condition_variable changed_;
  unsigned readers_ = 0;
  std::atomic<unsigned> pauses_ = 0;
};

} // namespace cfgd::store
