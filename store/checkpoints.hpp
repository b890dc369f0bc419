#pragma once

#include "store/types.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Most commits write no record of `effective`: their changes say how a value differs from its
/// record, its checkpoint, and loading applies them to it.
namespace cfgd::store {

/// The namespaces whose checkpoint lacks changes, as of the last commit. Used by one thread.
class checkpoints {
 public:
  /// Changes up to `settled` are in all checkpoints, the store says.
  explicit checkpoints(revision_number settled = 0) : stored_(settled) {}

  /// There is a change of so many bytes. Call it for each, from the oldest to the newest, before
  /// add().
  void note(std::size_t bytes) { noted_ += bytes; }
  /// The checkpoint of a namespace lacks that change.
  void add(std::string_view name, revision_number at, std::size_t bytes);
  /// The value of a namespace cannot be derived from a checkpoint: there is none, or a change
  /// after it is damaged.
  void add_unknown(std::string_view name);
  /// The checkpoint of a namespace was written.
  void forget(std::string_view name);

  bool is_behind(std::string_view name) const { return lags_.contains(name); }
  bool is_unknown(std::string_view name) const;

 private:
  friend class checkpoint_step;
  struct lag {
    revision_number first = 0; ///< of the changes that it lacks; 0: unknown
    std::size_t bytes = 0;     ///< of all of them
    std::uint64_t begun = 0;   ///< `noted_` at the first
  };
  /// Changes up to this revision are in all checkpoints.
  revision_number settled(revision_number newest) const;

  std::map<std::string, lag, std::less<>> lags_;
  std::set<std::pair<revision_number, std::string>> by_age_; ///< first, name
  std::uint64_t noted_ = 0;                                  ///< bytes of all changes
  revision_number stored_;
};

/// The checkpoints that one transaction writes. Changes nothing but the write set until
/// committed().
class checkpoint_step {
 public:
  /// Takes the values out of `writes` that need no checkpoint now, and adds others that do.
  /// `before` is the model that the transaction starts from. All arguments must outlive this
  /// object.
  checkpoint_step(checkpoints& of, model const& before, write_set& writes);

  /// The checkpoints to write before the change of a revision is erased.
  write_set renew_before(revision_number erased);
  /// The revision to write down as settled; absent: it is too close to the one that is there.
  std::optional<revision_number> const& settled() const { return settled_; }
  /// The transaction is durable.
  void committed();

 private:
  bool needs_checkpoint(effective const& value,
                        std::map<std::string_view, std::size_t> const&) const;
  effective value_of(std::string const& name) const;
  void renew(std::string const& name, std::vector<effective>& to);

  checkpoints& of_;
  model const& before_;
  std::vector<std::shared_ptr<change const>> changes_;
  std::vector<effective> values_; ///< that differ after the transaction, by name
  std::set<std::string, std::less<>> written_;
  std::optional<revision_number> settled_;
};

} // namespace cfgd::store
