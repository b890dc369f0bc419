#pragma once

#include "core/limits.hpp"
#include "core/value_path.hpp"
#include "engine/records.hpp"
#include "store/key_place.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::rules {
struct rule;
struct verdict;
} // namespace cfgd::rules

namespace cfgd::store {

struct mended_record;
struct mending;
struct probe_report;
struct snapshot;
class history_reader;

/// The store on disk (docs/store-format.md): sources, overrides, effective values, changes and
/// pending changes in one LMDB environment, in its default sync mode. Used by one thread, the
/// committer; results are copies or immutable, so other threads may use them. Functions throw
/// lmdb_error if the disk or the file fails; the object stays usable and reopens the environment at
/// the next call.
class config_store {
 public:
  /// Opens or creates the store in `directory` (created with mode 0700 if absent) and locks it
  /// against other daemons. Creation is atomic: a crash leaves no store or a whole one. An older
  /// format is upgraded in place. Errors: conflict (another process has the lock: the message has
  /// its pid), io, untrusted (owner or mode of a file, the message has both; or the key that the
  /// store is sealed with is not here, the message has its id), invalid (damaged; or a newer
  /// format: the message has the version that is needed).
  [[nodiscard]] static result<std::unique_ptr<config_store>>
  open(std::filesystem::path const& directory, limits const& bounds, key_sources const& where = {});

  ~config_store();
  config_store(config_store const&) = delete;
  config_store& operator=(config_store const&) = delete;

  /// Applies requests in their order in one durable transaction (one fsync for all). Each is
  /// accepted as a whole or rejected, and gets a revision of its own if it changes an effective
  /// value. Returns one decision for each. If the transaction fails as a whole, nothing is applied
  /// and every decision is store_failed; if the map is full, it grows first, and old history makes
  /// room. Blocks for the fsync.
  [[nodiscard]] std::vector<engine::decision> commit(std::span<engine::request const> requests,
                                                     wall_time now);

  /// Revision of the last commit that the model has.
  revision_number revision() const;
  /// Of the store that the revisions are of; stays the same while the object lives.
  std::string const& store_id() const;

  /// All known sources in the order of their ids. Read from the model, like the next five
  /// functions: no I/O, and no lmdb_error.
  std::vector<engine::source_row> sources();
  /// The effective values of all namespaces that have one, by name.
  std::vector<engine::effective> effectives();
  /// The effective value of one namespace; its text is null if there is none.
  engine::effective read(std::string_view name_space);
  /// The value of a key in every layer. A key without a value has an explanation without values.
  engine::explanation explain(key const& which);
  /// The same for a value that may be inside of an array. Errors: bad_key.
  [[nodiscard]] result<engine::explanation> explain(value_path const& which);
  /// The keys at and below `prefix` (absent: all) that are set in the override layer, in key order.
  std::vector<engine::override_row> overrides(std::optional<key> const& prefix);
  /// The overrides of each namespace that has any.
  std::vector<engine::override_summary> override_summaries();
  /// The number of leaves, and of hidden ones, of each effective source of values.
  std::map<source_id, engine::source_keys> source_keys();
  /// Whether the schema of a namespace declares secrets, and whether it calls a member a secret.
  bool has_secrets(std::string_view name_space) const;
  bool is_secret(std::string_view name_space, std::span<std::string const> path) const;
  /// The issues that schemas and rules find in the effective value of a namespace or, if one is
  /// given, in a document in its place; errors before warnings. Errors: not_found (no such
  /// namespace).
  [[nodiscard]] result<std::vector<issue>> validate(std::string_view name_space,
                                                    boost::json::object const* document);
  /// What the access files say; never null. Another object whenever it has changed.
  std::shared_ptr<engine::access_rules const> access() const;
  /// Whether a source was rejected by the policy, so that the next file change retries it.
  bool has_retryable() const;
  /// All pending changes, the next deadline first.
  std::vector<engine::pending_change> pending() const;
  /// Changes later than `after`, oldest first: about `maximum_bytes` of them, but at least one.
  /// Says `compacted` if the change after `after` is not kept any more.
  engine::history_slice changes_after(revision_number after, std::size_t maximum_bytes);

  /// A page of history, newest change first: about `maximum_bytes` of records, but at least one.
  engine::history_page log(engine::history_query const& asked, std::size_t maximum_bytes);
  /// The leaves that differ between two revisions, in key order: "before" is the value at `from`,
  /// "after" the one at `to`; secrets have neither. `from` may be the later one. Errors: not_found
  /// (used, maximum: the oldest and newest revision that are known).
  [[nodiscard]] result<std::vector<key_change>>
  differences(revision_number from, revision_number to, std::optional<key> const& prefix);
  /// Canonical texts of namespaces at a revision, without secrets; of all namespaces if the list is
  /// empty. A namespace that did not exist then is left out. Errors: not_found, as above.
  [[nodiscard]] result<std::map<std::string, std::string>>
  values_at(revision_number revision, std::span<std::string const> name_spaces);
  /// Every leaf of a namespace in key order, with who set it. Errors: not_found (no such
  /// namespace).
  [[nodiscard]] result<engine::blamed_keys> blame(std::string_view name_space);

  /// Takes over what other processes have committed, and returns it like commit() would have, one
  /// element for each revision. Cheap if nobody has.
  std::vector<engine::committed_change> refresh();
  /// What other processes had committed when commit() or a question to history found it. Its
  /// revisions are older than those of that commit, so publish them first. refresh() returns them,
  /// too.
  std::vector<engine::committed_change> take_foreign();

  /// The state in memory, for readers on other threads: call refresh() before. The namespaces are
  /// copied, their content is shared; the copy is used again until the state changes.
  std::shared_ptr<snapshot const> take_snapshot();
  /// Reads this store on another thread. Any number may be made.
  std::unique_ptr<history_reader> make_reader() const;

  /// What was found out since the last call: that the files of the store were removed, replaced or
  /// truncated by somebody. commit() and others fail then, nothing is acknowledged; the next
  /// commit() or probe() makes a new store in their place from memory. Its history is lost.
  std::optional<std::string> take_loss();

  /// Makes the last copy of the store (store/copies.hpp) if it has changed since the one before.
  /// Blocks for the disk. commit() makes copies on a thread of their own.
  void finish_copies();

  /// Erases all changes but the newest `keep`; returns the oldest revision that is kept (newest + 1
  /// if none). Needs several transactions for a long history, each durable; blocks for all of them.
  revision_number compact(std::size_t keep);

  struct rotated_key {
    std::string id;                                  ///< of the new key, as digits
    std::size_t records = 0;                         ///< that were sealed again
    std::vector<std::filesystem::path> removed = {}; ///< stores that only the old key opened
    std::vector<std::filesystem::path> old = {};     ///< such ones that could not be removed
    std::string traces = {}; ///< why free pages and copies still have old values; empty: no
  };
  /// Makes a new key in the state directory, seals all sealed records with it in one transaction,
  /// replaces the files of the store and its copies by ones without old values in free pages, and
  /// removes the stores beside it that were kept after damage or a restore.
  /// A crash leaves a store that opens, with the old key or the new one. Blocks for the disk.
  /// Errors: read_only (the key is a credential of the service; the message says what to do), io,
  /// store_failed.
  [[nodiscard]] result<rotated_key> rotate_key(wall_time now);
  /// The id of the key that records are sealed with, as digits, and whether it is a credential.
  std::string key_id() const;
  bool has_key_credential() const;

  /// The record of consumers that was kept last; empty: none was. Throws also if it is damaged.
  std::string consumers();
  /// Keeps it, durable, beside the values: no revision, and not in the model. Blocks for the fsync.
  void keep_consumers(std::string const& record);

  /// Frees the pages that dead reader processes still reserve; returns how many there were.
  std::size_t check_readers();

  /// Writes a record without meaning, makes it durable and reads it back; frees the pages that dead
  /// reader processes reserve. Blocks for the fsync. Errors: store_failed.
  [[nodiscard]] result<probe_report> probe(wall_time now);
  /// Checks that the layers of a namespace give its effective value, and that its records on disk
  /// are undamaged and equal to the model. Returns its value. Errors: not_found, invalid (the
  /// message says what differs), conflict (another process has committed: refresh() first),
  /// store_failed (also if a record is damaged).
  [[nodiscard]] result<engine::effective> verify(std::string_view name_space);
  /// Looks for damaged records in the history behind a revision, in about `maximum_bytes` of it. At
  /// its end all pages of the file that were read go back to the kernel.
  engine::examined_history examine_history(revision_number after, std::size_t maximum_bytes);
  /// Checks that the index by key has the changes after `after` up to `last`, and adds the entries
  /// that are missing or damaged; what was done. Blocks for the fsync if there were any. Throws
  /// lmdb_error.
  std::vector<mended_record> mend_index(revision_number after, revision_number last);
  /// What mend_records() has left to settle(), by this start or by one that did not come so far.
  /// Throws lmdb_error.
  mending unsettled();
  /// Merges the effective values that were damaged, and derives overrides, or says that they are
  /// lost, in one transaction. Appends to `found.done`. Throws lmdb_error.
  void settle(mending& found, wall_time now);
  /// Writes the damaged records of a namespace again as memory has them; those of schemas, rules
  /// and pending changes if the name is empty. Returns what was damaged. Blocks for the fsync if
  /// there was anything. Throws lmdb_error.
  std::vector<mended_record> rewrite_damaged(std::string_view name_space);
  /// Runs a rule that is not part of the policy over the effective values, within the limits of
  /// rules. Nothing is recorded.
  rules::verdict run_rule(rules::rule const& which);

  /// The content of a source in quarantine; null: it is not in quarantine.
  std::shared_ptr<std::string const> refused_content(source_id const& id) const;

  /// The data file; its events show commits of other processes.
  std::filesystem::path data_file() const;

 private:
  struct impl;
  explicit config_store(std::unique_ptr<impl> state);
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::store
