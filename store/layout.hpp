#pragma once

#include "engine/change_note.hpp"
#include "store/checkpoints.hpp"
#include "store/encoding.hpp"
#include "store/key_index.hpp"
#include "store/lmdb.hpp"
#include "store/record_codec.hpp"
#include "store/types.hpp"

#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::store {

/// The databases of a store and their records: docs/store-format.md in code. Valid as long as the
/// environment stays open. Functions throw lmdb_error, and damaged_record if a record is damaged.
class layout {
 public:
  static constexpr std::uint64_t format = 4;
  /// The first format with a record for each override; before it, each layer was one.
  static constexpr std::uint64_t overrides_by_key = 4;
  /// The first version of cfgd that reads this format.
  static constexpr std::string_view first_version = "0.3.0";
  static constexpr unsigned database_count = 7;

  /// Creates the databases of an empty store.
  static void create(lmdb::write_transaction& in, wall_time now);
  /// 128 random bits: revisions of different stores can be equal, their ids cannot.
  static std::string make_id();

  struct identity {
    std::string id; ///< store_id
    revision_number revision = 0;
    revision_number cut = 0;
  };
  /// Gives a new store the numbers of another one that it stands for.
  static void adopt(lmdb::write_transaction& in, identity const& of);

  /// Upgrades a store of an older format to this one; does nothing if it has this format.
  /// Seals what is always sealed.
  static void upgrade(lmdb::write_transaction& in, std::shared_ptr<key_ring const> with);

  /// Makes a store go on at `revision`, after a restore or without its history: revisions between
  /// the newest change and this one are not known, and no earlier one is resumed from.
  static void continue_at(lmdb::write_transaction& in, revision_number revision);

  /// Opens the databases. The transaction must be committed to keep them.
  /// Without keys, sealed records cannot be read, and none is sealed.
  explicit layout(lmdb::transaction& in, std::shared_ptr<key_ring const> keys = {});
  key_ring const* keys() const { return keys_.get(); }

  /// The format of a store: this one or an older one. Errors: invalid (a newer format, or unknown).
  /// `used` is the newer format and `maximum` this one, both 0 otherwise.
  [[nodiscard]] static result<std::uint64_t> check_format(lmdb::transaction& in);

  /// Loads everything but the history. Schemas and rules are only loaded as sources, not compiled.
  /// `behind` gets what the checkpoints of effective values lack; those that it calls unknown are
  /// to be merged from the layers. May be null.
  model load(lmdb::transaction& in, checkpoints* behind = nullptr) const;
  /// The revision of the service in this transaction.
  revision_number revision(lmdb::transaction& in) const;
  std::string id(lmdb::transaction& in) const;
  /// The last revision that continue_at() was called with; 0 if never.
  revision_number cut(lmdb::transaction& in) const;
  /// Whether the state at a revision can be derived: it is not older than the oldest change, and
  /// not in a gap that continue_at() has left.
  bool knows(lmdb::transaction& in, revision_number at) const;

  /// The override layer of a namespace; null: none.
  std::shared_ptr<override_record const> overrides_of(lmdb::transaction& in,
                                                      std::string_view name_space) const;
  /// Writes all records of a write set, a checkpoint for each of its effective values. They are
  /// durable once `in` is committed.
  void write(lmdb::write_transaction& in, write_set const& what) const;
  /// Writes down that every change up to `at` is in the checkpoints.
  void note_settled(lmdb::write_transaction& in, revision_number at) const;

  /// Changes later than `after`, oldest first: about `maximum_bytes` of them, but at least one. A
  /// damaged record among them counts as a history that does not reach back that far.
  history_slice read_changes(lmdb::transaction& in, revision_number after,
                             std::size_t maximum_bytes) const;

  /// The oldest revision that is kept; the newest + 1 if none.
  revision_number oldest(lmdb::transaction& in) const;

  /// Calls `visit` for the changes from `newest` (or the next older one) back to the oldest, until
  /// it returns false. A view is valid only during the call. A damaged record is passed to
  /// `damaged` and skipped; without that function it is thrown.
  void walk_back(lmdb::transaction& in, revision_number newest,
                 std::function<bool(change_view const&)> const& visit,
                 std::function<void(revision_number)> const& damaged = {}) const;

  /// The same for the changes that touch the key with this text or a key below it, and perhaps some
  /// others: time grows with them, not with the history.
  void walk_key_back(lmdb::transaction& in, std::string_view key_text, revision_number newest,
                     std::function<bool(change_view const&)> const& visit,
                     std::function<void(revision_number)> const& damaged = {}) const;

  /// Reads the changes later than `after`, about `maximum_bytes` of them.
  examined_history examine(lmdb::transaction& in, revision_number after,
                           std::size_t maximum_bytes) const;

  /// The changes after `after` up to `last` whose entries the index lacks.
  std::vector<revision_number> find_unindexed(lmdb::transaction& in, revision_number after,
                                              revision_number last) const;
  /// Whether the oldest and the newest change that the index should have are in it.
  bool is_indexed_as_marked(lmdb::transaction& in) const;
  /// The index has no change for certain: it is made again with the next changes.
  void forget_index(lmdb::write_transaction& in) const;
  /// Adds the entries of some changes.
  void index_again(lmdb::write_transaction& in, std::vector<revision_number> const& which) const;

  using names = std::set<std::string, std::less<>>;
  /// The namespaces whose records are sealed: those whose schema declares secrets, or once did.
  names sealed_namespaces(lmdb::transaction& in) const;
  /// The id, as digits, of the key that the store is sealed with; empty: nothing is sealed.
  static std::string key_id(lmdb::transaction& in);
  /// Adds namespaces to those that are sealed, and seals every record that must be and is not:
  /// theirs, quarantined contents and schemas. Returns the number of records.
  std::size_t seal(lmdb::write_transaction& in, names const& added) const;
  /// Seals every sealed record again with the current key. Returns the number of records.
  std::size_t reseal(lmdb::write_transaction& in) const;
  /// Whether free pages may have values that were not sealed, or were with another key.
  bool has_traces(lmdb::transaction& in) const;
  void forget_traces(lmdb::write_transaction& in) const;

  /// Writes the revision again without changing it: a transaction that only ages free pages.
  void touch(lmdb::write_transaction& in) const;

  struct kept_history {
    std::size_t revisions = 0; ///< the newest ones that are kept, within `bytes`
    /// Older changes may be erased.
    wall_time since{};
    /// At most this many are erased at once.
    std::size_t erased = 0;
    /// While the history and its index take more than this, changes are erased, however few and
    /// young.
    std::size_t bytes = std::numeric_limits<std::size_t>::max();
    /// Erasing waits until so many may go, which costs little more than one.
    std::size_t at_once = 1;
  };
  /// Erases the oldest changes that need not be kept; returns how many. The newest one is always
  /// kept. `before_erasing` may write records; if it returns false, nothing more is erased.
  std::size_t trim(lmdb::write_transaction& in, kept_history const& keep,
                   std::function<bool(revision_number)> const& before_erasing = {}) const;

 private:
  class sealing_writer;
  /// Applies the changes that the checkpoints lack.
  checkpoints roll_forward(lmdb::transaction& in, model& all) const;
  void write_layer(sealing_writer& to, write_set::layer_change const& what) const;
  void erase_beyond(lmdb::write_transaction& in, revision_number next) const;
  /// Adds a note to the comment of a change; does nothing if the change is not kept.
  void add_note(sealing_writer& to, engine::change_note const& note) const;
  static void upgrade_to_third(lmdb::write_transaction& in, std::shared_ptr<key_ring const> with);
  static void upgrade_to_fourth(lmdb::write_transaction& in, std::shared_ptr<key_ring const> with);
  /// The newest revision up to which the index by key is whole.
  revision_number indexed(lmdb::transaction& in) const;
  /// Adds the changes to the index that it lacks, if they are many.
  void index_if_due(lmdb::write_transaction& in, revision_number newest) const;
  void index_others(lmdb::write_transaction& in, revision_number newest) const;
  /// Bytes of the changes that the index lacks.
  std::size_t unindexed_bytes(lmdb::transaction& in, revision_number known,
                              revision_number newest) const;
  /// Passes the record of a change to `visit` or `damaged`; returns what `visit` returns.
  bool show(lmdb::entry const& entry, std::function<bool(change_view const&)> const& visit,
            std::function<void(revision_number)> const& damaged) const;
  bool has_entries(lmdb::transaction const& in, lmdb::entry const& record) const;
  std::vector<std::string> entries_of(lmdb::entry const& record) const;
  bool may_go(lmdb::entry const& oldest, revision_number newest, kept_history const& keep) const;
  bool is_due(lmdb::transaction& in, kept_history const& keep) const;
  std::size_t history_bytes(lmdb::transaction& in) const;
  /// sealed_namespaces() for the writer; valid until its next call.
  names const& known_sealed(lmdb::transaction& in) const;

  std::size_t seal_records(lmdb::write_transaction& in, names const& sealed) const;
  void note_traces(lmdb::write_transaction& in) const;

  std::shared_ptr<key_ring const> keys_;
  lmdb::database meta_;
  lmdb::database sources_;
  lmdb::database overrides_;
  lmdb::database effective_;
  lmdb::database changes_;
  lmdb::database pending_;
  key_index index_;
  /// What was read or counted before, for the writer alone.
  mutable struct {
    struct {
      revision_number number = 0;
      wall_time time{};
    } oldest; ///< the change that trim() has looked at last
    struct {
      std::string text;
      names all;
    } sealed; ///< the record of that name
    struct {
      revision_number known = 0;
      revision_number newest = 0;
      std::size_t bytes = 0;
    } unindexed;
  } cached_;
};

} // namespace cfgd::store
