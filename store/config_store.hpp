#pragma once

#include "core/limits.hpp"
#include "engine/records.hpp"

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

struct probe_report;

/// The store on disk (docs/store-format.md): sources, overrides, effective values and changes in
/// one LMDB environment, in its default sync mode. One thread, the committer's. Functions throw
/// lmdb_error where the disk or the file fails; the object stays usable and reopens the
/// environment at the next call.
class config_store {
 public:
  /// Opens or creates the store in `directory` (made with mode 0700 if absent) and locks it against
  /// other daemons. Creation is atomic: a crash leaves nothing or a whole store.
  /// Errors: conflict (another process holds the lock: the message has its pid), io, untrusted
  /// (owner or mode of a file; the message has both), invalid (a newer format: the message has the
  /// version that is needed; or damaged).
  [[nodiscard]] static result<std::unique_ptr<config_store>>
  open(std::filesystem::path const& directory, limits const& bounds);

  ~config_store();
  config_store(config_store const&) = delete;
  config_store& operator=(config_store const&) = delete;

  /// Applies requests in their order in one durable transaction (one fsync for all); each is
  /// applied whole or refused, and is a revision of its own if it changed anything effective.
  /// Returns one outcome for each. Where the transaction as a whole fails, nothing was applied and
  /// every outcome is store_failed; grows the map and tries again before that.
  [[nodiscard]] std::vector<engine::decision> commit(std::span<engine::request const> requests,
                                                     wall_time now);

  /// Revision of the last commit seen.
  revision_number revision() const;

  std::vector<engine::source_row> sources();
  std::vector<engine::effective> effectives();
  /// The effective value of one namespace; text is null if there is none.
  engine::effective read(std::string_view name_space);
  engine::explanation explain(key const& which);
  /// Whether the schema of a namespace knows of secrets, and whether it calls a member one.
  bool has_secrets(std::string_view name_space) const;
  bool is_secret(std::string_view name_space, std::span<std::string const> path) const;
  /// What schemas and rules say of what is in force in a namespace or, if it is given, of a
  /// document as if it were that. Errors first. Errors: not_found (no such namespace).
  [[nodiscard]] result<std::vector<issue>> validate(std::string_view name_space,
                                                    boost::json::object const* document);
  /// Whether a source was refused by schemas or rules: it is tried again with the next batch.
  bool has_retryable() const;
  /// Changes that end by themselves, the next one first.
  std::vector<engine::pending_change> pending() const;
  /// Changes behind `after`, about `maximum_bytes` of them.
  engine::history_slice changes_after(revision_number after, std::size_t maximum_bytes);

  /// A page of history, about `maximum_bytes` of records at the most but one at least.
  engine::history_page log(engine::history_query const& asked, std::size_t maximum_bytes);
  /// The leaves that differ between two revisions, in key order, `to` as "after"; `from` may be
  /// the later one. Without secrets.
  /// Errors: not_found (used, maximum: the oldest and newest that may be asked for).
  [[nodiscard]] result<std::vector<key_change>>
  differences(revision_number from, revision_number to, std::optional<key> const& prefix);
  /// Canonical texts of namespaces as they were, without secrets. One that was not there is not in
  /// it. Errors: not_found, as above.
  [[nodiscard]] result<std::map<std::string, std::string>>
  values_at(revision_number revision, std::span<std::string const> name_spaces);
  /// Every leaf of a namespace in key order. Errors: not_found (no such namespace).
  [[nodiscard]] result<std::vector<engine::blamed_key>> blame(std::string_view name_space);

  /// Looks whether another process has committed; gives what it did, one element a revision, as
  /// commit() would have. Cheap if nobody has.
  std::vector<engine::committed_change> refresh();
  /// What other processes had committed and commit() found only then: its revisions lie before
  /// those of that commit's outcomes, so publish them first. refresh() gives them, too.
  std::vector<engine::committed_change> take_foreign();

  /// Forgets changes, keeping the newest `keep`; returns the oldest revision that is kept (newest +
  /// 1 if none).
  revision_number compact(std::size_t keep);

  /// Frees what readers that died hold back; returns how many there were.
  std::size_t check_readers();

  /// Writes a record that means nothing, makes it durable and reads it back; frees what readers
  /// that died hold back. Errors: store_failed.
  [[nodiscard]] result<probe_report> probe(wall_time now);
  /// Checks a namespace: that its layers give its effective value, and that its records on disk are
  /// whole and say what is in memory. Its value. Errors: not_found, invalid (what differs),
  /// conflict (another process has committed: refresh() first), store_failed (damaged, too).
  [[nodiscard]] result<engine::effective> verify(std::string_view name_space);
  /// What a rule that is none of the store's says of the values in force.
  rules::verdict judge_rule(rules::rule const& which);

  /// The content of a source that was refused, if it was.
  std::shared_ptr<std::string const> refused_content(source_id const& id) const;

  /// The data file that a watch looks at.
  std::filesystem::path data_file() const;

 private:
  struct impl;
  explicit config_store(std::unique_ptr<impl> state);
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::store
