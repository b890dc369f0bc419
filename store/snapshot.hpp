#pragma once

#include "core/limits.hpp"
#include "core/value_path.hpp"
#include "store/reader_gate.hpp"
#include "store/types.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Reading a store on another thread than the one that commits.
namespace cfgd::store {

class layout;
namespace lmdb {
class environment;
class transaction;
} // namespace lmdb

/// The environment of a store, for readers on other threads. Valid inside of the gate.
struct shared_environment {
  reader_gate gate;
  lmdb::environment* opened = nullptr; ///< null: its owner has closed it
  layout const* records = nullptr;
  /// Counts how often it was opened: the ids of transactions begin again where the file is
  /// replaced.
  std::uint64_t generation = 0;
};

/// All that a store has in memory, as of one transaction. Immutable; any thread.
struct snapshot {
  std::shared_ptr<model const> state;
  std::uint64_t transaction = 0; ///< the newest one that `state` has
  std::uint64_t generation = 0;  ///< of the environment that the transaction was in
  std::string store_id;
};

/// A store as of a snapshot, inside of one read transaction. The functions are those of
/// config_store. Later changes are not seen.
class reading {
 public:
  reading(model const& state, layout const& records, lmdb::transaction& in, limits const& bounds,
          std::function<void()> const& check)
      : now_(state), records_(records), in_(in), bounds_(bounds), check_(check) {}

  revision_number revision() const;
  history_page log(history_query const& asked, std::size_t maximum_bytes) const;
  [[nodiscard]] result<std::vector<key_change>>
  differences(revision_number from, revision_number to, std::optional<key> const& prefix) const;
  [[nodiscard]] result<std::map<std::string, std::string>>
  values_at(revision_number revision, std::span<std::string const> name_spaces) const;
  [[nodiscard]] result<blamed_keys> blame(std::string_view name_space) const;
  history_slice changes_after(revision_number after, std::size_t maximum_bytes) const;
  [[nodiscard]] result<explanation> explain(value_path const& which) const;
  bool has_secrets(std::string_view name_space) const;
  bool is_secret(std::string_view name_space, std::span<std::string const> path) const;
  /// `may_read`: as for engine::validate_namespace; called on the thread that reads.
  [[nodiscard]] result<std::vector<issue>>
  validate(std::string_view name_space, boost::json::object const* document,
           std::function<bool(std::string_view name_space)> const& may_read = {}) const;

 private:
  model const& now_;
  layout const& records_;
  lmdb::transaction& in_;
  limits const& bounds_;
  std::function<void()> const& check_;
};

/// Reads a store on a thread of its own: made by config_store::make_reader(), and used by one
/// thread. May outlive the store, and has nothing to read then.
class history_reader {
 public:
  history_reader(std::shared_ptr<shared_environment> where, limits const& bounds)
      : where_(std::move(where)), bounds_(bounds) {}

  enum class outcome : std::uint8_t {
    done,
    stale,       ///< a newer snapshot is needed: config_store::take_snapshot()
    interrupted, ///< the owner of the store needed it; try again
  };
  enum class age : std::uint8_t {
    newest, ///< the snapshot must have the newest transaction
    any,    ///< a later transaction may have been committed
  };
  /// Runs `work` in a transaction of its own. `check` is called often while `work` reads; what it
  /// throws ends `work`, and is thrown. Throws lmdb_error, and what `work` throws.
  outcome run(snapshot const& with, age how, std::function<void()> const& check,
              std::function<void(reading const&)> const& work);

 private:
  std::shared_ptr<shared_environment> where_;
  limits bounds_;
};

} // namespace cfgd::store
