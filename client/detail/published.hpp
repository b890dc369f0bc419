#pragma once

#include <boost/assert.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace cfgd::client::detail {

/// The newest of a series of immutable objects. One thread publishes; any number of threads read,
/// and never wait for it nor for each other: a reader announces in a slot which object it uses
/// (a hazard pointer), and the publisher keeps what a slot names. What no slot names is destroyed
/// by publish(), on the publisher's thread.
///
/// That is safe because both sides store before they load, in one order for all (seq_cst): either
/// the publisher finds the object in the slot, or the reader finds that it is not the newest one
/// any more and announces the newer one.
template <class T>
class published {
  struct alignas(64) slot {
    std::atomic<T const*> used{nullptr}; ///< null: free
  };
  struct block {
    std::array<slot, 32> slots;
    std::atomic<block*> next{nullptr};
  };

 public:
  explicit published(std::unique_ptr<T const> first) : newest_(first.get()) {
    kept_.push_back(std::move(first));
  }
  /// No pin may exist.
  ~published() {
    for (block* each = first_.next.load(); each != nullptr;)
      delete std::exchange(each, each->next.load());
  }
  published(published const&) = delete;
  published& operator=(published const&) = delete;

  /// The publisher's thread only.
  void publish(std::unique_ptr<T const> next) {
    auto const* const newest = next.get();
    kept_.push_back(std::move(next));
    newest_.store(newest);
    std::vector<T const*> used{newest};
    for (block const* each = &first_; each != nullptr; each = each->next.load())
      for (auto const& one : each->slots)
        if (auto const* const object = one.used.load()) used.push_back(object);
    std::erase_if(kept_, [&](std::unique_ptr<T const> const& one) {
      return std::ranges::find(used, one.get()) == used.end();
    });
  }

  /// For the publisher's thread, and to compare.
  T const* newest() const { return newest_.load(std::memory_order_acquire); }

  /// Keeps one object. One thread at a time.
  class pin {
   public:
    explicit pin(published& of) : of_(&of), slot_(of.take_slot(object_)) { confirm(); }
    pin(pin&& other) noexcept
        : of_(other.of_), object_(other.object_), slot_(std::exchange(other.slot_, nullptr)) {}
    pin& operator=(pin&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(object_, other.object_);
      std::swap(slot_, other.slot_);
      return *this;
    }
    ~pin() {
      if (slot_ != nullptr) slot_->used.store(nullptr, std::memory_order_release);
    }

    /// Valid until refresh().
    T const& operator*() const { return *object_; }
    T const* operator->() const { return object_; }
    /// Whether there is a newer object than this one; keeps that instead.
    bool refresh() {
      if (of_->newest() == object_) return false;
      confirm();
      return true;
    }

   private:
    void confirm() {
      for (T const* newest = of_->newest_.load(); newest != object_; newest = of_->newest_.load()) {
        object_ = newest;
        slot_->used.store(newest);
      }
    }

    published* of_;
    T const* object_ = nullptr; ///< what the slot says
    slot* slot_;                ///< null: moved from
  };

 private:
  /// Threads begin to look at different slots, so that they do not write to the same memory.
  static std::size_t place_of_thread() {
    static std::atomic<std::size_t> threads{0};
    thread_local std::size_t const mine = threads.fetch_add(1, std::memory_order_relaxed);
    return mine;
  }

  /// A free slot, with the newest object in it.
  slot* take_slot(T const*& object) {
    object = newest();
    std::size_t const begin = place_of_thread();
    for (block* each = &first_;; each = block_behind(*each)) {
      for (std::size_t n = 0; n < each->slots.size(); ++n) {
        auto& one = each->slots[(begin + n) % each->slots.size()];
        T const* free = one.used.load(std::memory_order_relaxed);
        if (free == nullptr && one.used.compare_exchange_strong(free, object)) return &one;
      }
    }
  }
  static block* block_behind(block& last) {
    if (auto* const there = last.next.load()) return there;
    auto made = std::make_unique<block>();
    block* there = nullptr;
    return last.next.compare_exchange_strong(there, made.get()) ? made.release() : there;
  }

  std::atomic<T const*> newest_;
  std::vector<std::unique_ptr<T const>> kept_; ///< the publisher's
  block first_;
};

} // namespace cfgd::client::detail
