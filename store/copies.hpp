#pragma once

#include "core/error.hpp"
#include "store/model_file.hpp"

#include <chrono>
#include <filesystem>
#include <future>
#include <optional>
#include <string>
#include <vector>

namespace cfgd::store {

/// The copies of a store in its state directory, "copy.REVISION.mdb", newest first. A backup like
/// any other, without history.
std::vector<std::filesystem::path> list_copies(std::filesystem::path const& state);
/// The revision in the name of a copy.
revision_number revision_of_copy(std::filesystem::path const& copy);

/// Keeps copies of a store, for the case that the store is damaged: the two newest. Each is written
/// from memory by a thread of its own, one at a time. Used by the thread that owns the store.
class copies {
 public:
  struct pace {
    std::size_t revisions = 100; ///< between two copies
    /// The thread rests so many times as long as the last copy took.
    int rest = 200;
    std::chrono::steady_clock::duration after_failure = std::chrono::minutes(1);
  };
  copies(std::filesystem::path state, std::size_t maximum_bytes, pace how);
  /// Waits for a copy that is being written.
  ~copies() = default;
  copies(copies const&) = delete;
  copies& operator=(copies const&) = delete;

  /// Something was committed: `all` is the state now. Begins a copy if one is due.
  void note_commit(engine::model const& all, store_identity const& who);
  /// The store that the copies are of was replaced: the next commit begins a copy. Waits for one
  /// that is being written.
  void start_over();
  /// Makes the last copy, if there was a commit after the one before it. Blocks.
  void finish(engine::model const& all, store_identity const& who);

  /// Of the newest copy; absent: there is none.
  std::optional<revision_number> newest() const { return newest_; }
  /// Why the last copy could not be written; empty: it was.
  std::string const& failure() const { return failure_; }

 private:
  using clock = std::chrono::steady_clock;
  struct outcome {
    revision_number revision = 0;
    clock::duration took{};
    std::string failure = {};
  };
  void begin(engine::model const& all, store_identity const& who);
  void collect();
  static outcome write(std::filesystem::path const& state, engine::model const& all,
                       store_identity const& who, std::size_t maximum_bytes);

  std::filesystem::path state_;
  std::size_t maximum_bytes_;
  pace pace_;
  std::optional<revision_number> newest_;
  std::string failure_;
  bool behind_ = false; ///< there was a commit after the last copy was begun
  clock::time_point not_before_{};
  std::future<outcome> running_;
};

} // namespace cfgd::store
