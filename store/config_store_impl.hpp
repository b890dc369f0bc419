#pragma once

#include "store/checkpoints.hpp"
#include "store/config_store.hpp"
#include "store/copies.hpp"
#include "store/model_file.hpp"
#include "store/snapshot.hpp"
#include "store/store_file.hpp"
#include "store/types.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cfgd::store {

/// The canonical text that the layers of an existing namespace give.
std::string merged_text(namespace_state const& state);

/// The parts of config_store, shared by the config_store*.cpp files. Functions that take a
/// transaction or an environment are called inside guarded().
struct config_store::impl {
  impl(store_file opened, limits const& wanted)
      : file(std::move(opened)), bounds(wanted), policy_validator(bounds),
        kept(file.directory(), bounds.store_bytes, {.revisions = bounds.copy_revisions}) {}

  /// Runs `work` with the open environment. If it throws, the environment is closed, unless only
  /// the map was full.
  template <class Work>
  auto guarded(Work work) {
    try {
      return work(file.environment());
    } catch (lmdb_error const& failure) {
      if (!failure.map_full()) file.close();
      note_loss(failure);
      throw;
    }
  }
  void note_loss(lmdb_error const& failure);

  void load();
  void check_index();
  model load_model(lmdb::transaction& view);
  void merge_unknown(model& all);
  void check_age(lmdb::environment const& env);
  void absorb(lmdb::transaction& view);
  void absorb_before(lmdb::environment& env, lmdb::write_transaction& writing);
  std::vector<decision> commit_once(lmdb::environment& env, std::span<request const> requests,
                                    wall_time now);
  void transact(std::function<bool(lmdb::write_transaction&)> const& work,
                store_file::purpose how = store_file::purpose::erasing);
  std::size_t erase_history(std::size_t keep);
  /// Writes a record of the database meta and makes it durable. The time that it took.
  std::chrono::nanoseconds write_meta(char const* key, std::string const& text);
  bool make_room(std::span<request const> requests);
  /// Seals what is not sealed yet, such as values whose schema declares a secret now.
  void seal_all();
  /// The id of the key that the file says it is sealed with, as digits.
  std::string sealed_with();
  /// Removes values from free pages and copies if some were left there. After a failure, `traces`
  /// says why, and the next change of secrets or the next start tries it again.
  void remove_traces(wall_time now);
  /// Merges the namespaces in `unmerged` anew as a change of its own.
  engine::decision merge_again(plan& planned) const;
  bool settle_one(namespace_state const& one, mending& found, write_set& writes,
                  wall_time now) const;
  /// Replaces a lost store by one made from memory. Throws lmdb_error if that fails.
  void mend(wall_time now);

  store_file file;
  limits bounds;
  engine::validator policy_validator;
  /// Equal to the store as of transaction `seen`. Replaced or advanced only after a commit.
  model state;
  /// A copy of it for other threads; null: the model has changed since, or nobody has asked.
  std::shared_ptr<model const> shown;
  /// Id of the last transaction that the model has.
  std::uint64_t seen = 0;
  /// Taken over from other processes and not yet returned by take_foreign().
  std::vector<committed_change> foreign;
  checkpoints behind; ///< as of `seen`
  /// Namespaces whose values are not all said by a layer, after damage.
  std::set<std::string> unmerged;
  store_identity who;
  copies kept;
  std::string traces;    ///< why free pages and copies have old values; empty: they have none
  std::string loss;      ///< why the store is lost; empty: it is not
  std::string loss_text; ///< of the last loss
  bool is_taken = true;  ///< the last loss, by take_loss()
  bool is_probed = true; ///< the last loss was reported by a probe
};

} // namespace cfgd::store
