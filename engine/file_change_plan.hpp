#pragma once

#include "core/limits.hpp"
#include "engine/candidate.hpp"
#include "engine/evaluate.hpp"
#include "engine/place_index.hpp"
#include "engine/records.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::engine {

/// Decides one file change: which sources of it are accepted, which ones the policy or a limit
/// rejects, and the new record of each. Call add_updates(), add_retryable(), resolve() and finish()
/// in this order. No I/O; for one file change, then dropped.
class file_change_plan {
 public:
  /// Null: the namespace has no schema.
  using schema_pointer = std::shared_ptr<namespace_schema const>;

  /// `asked` and `bounds` must outlive the plan. `edit_number` identifies an edit (all_or_none)
  /// among all edits that have files in quarantine; 0 for other file changes.
  file_change_plan(file_change const& asked, limits const& bounds, std::uint64_t edit_number)
      : asked_(asked), bounds_(bounds), edit_number_(edit_number) {}

  /// Returns the record of a source; null: it is not known.
  using finder = std::function<std::shared_ptr<source_record const>(source_id const&)>;
  /// Takes in the sources of the file change. Of several updates of one source the last one counts.
  /// Errors: bad_key (not a valid source file name).
  [[nodiscard]] result<void> add_updates(finder const& find);
  /// Takes in sources that were rejected earlier and are not part of the file change, up to a
  /// limit: those of its namespaces first. `revision` rotates the rest, so that all get their turn.
  void add_retryable(std::set<source_id> const& which, revision_number revision,
                     finder const& find);

  /// A candidate with the accepted sources, and its evaluation.
  struct attempt {
    candidate made;
    evaluation found;
  };
  /// Puts the accepted sources into a candidate, compiles the policy if its files changed, and
  /// evaluates the candidate.
  attempt evaluate(candidate made, validator& policy_validator) const;
  /// Rejects sources until no rejection is left. `try_now` must make a candidate and return what
  /// evaluate() returns for it.
  attempt resolve(std::function<attempt()> const& try_now);

  /// The origin of a changed key: the topmost accepted source of the namespace that sets it; if
  /// none does, that which did before, else the last accepted source, or the file of the schema.
  /// `schema` is that of the namespace; null: none.
  origin origin_of(std::string const& name_space, std::string const& key_text,
                   schema_pointer const& schema) const;
  /// How many sources origin_of() has looked at so far: at a first start it is asked for every key
  /// of every file.
  std::size_t steps() const { return steps_; }

  /// Gives accepted sources their revision and their notes, and adds the transitions of all sources
  /// to `done`, and what their new content says without effect. `made` is the accepted candidate;
  /// other sources in it get new notes where locks changed.
  void finish(committed_change& done, candidate& made);

 private:
  /// The order in which sources are rejected, until the others are accepted.
  enum class rank : std::uint8_t {
    retryable, ///< rejected before
    values,    ///< new content
    policy,    ///< new schemas and rules
    removal,   ///< a removed file
  };
  /// One source of the file change.
  struct entry {
    source_id id;
    std::string name_space;                      ///< empty: rules, and schemas without a namespace
    std::shared_ptr<source_record const> before; ///< null: it was not known
    std::shared_ptr<source_record> now;          ///< the record if accepted; null: removed
    /// The new content as it was read, in the file change; null: there is none.
    std::shared_ptr<sourced_document const> parsed = {};
    bool has_new_content = false;
    std::string masked_by = {}; ///< of a file that was not removed, but masked
    std::string bytes = {};     ///< of the new content
    rank order = rank::values;
    std::uint64_t edit_number = 0; ///< of an earlier edit whose files are retried together; 0: none
    /// Why it is rejected; absent: it is accepted.
    std::optional<error> rejected = {};
    std::shared_ptr<source_record> rejected_record = {}; ///< the record then; null: `before`
    /// `before` and `now` as a schema reads them.
    struct reading {
      schema_pointer by;
      std::shared_ptr<sourced_document const> before; ///< null: it was not effective
      std::shared_ptr<sourced_document const> now;    ///< null: it is not effective
      place_index places;                             ///< of `now`
    };
    mutable std::optional<reading> read = {}; ///< for the schema that was last asked for

    /// Whether the source was known, or is now.
    bool exists() const { return before || now; }
    bool is_new() const { return order != rank::retryable; }
    bool is_accepted() const { return has_new_content && !rejected; }
    std::shared_ptr<source_record const> record() const;
  };
  class update_visitor;

  /// The sources of a namespace, values and policy, in the order of the file change.
  std::span<entry* const> entries_of(std::string_view name_space) const;
  /// The first accepted source that is not of values; null: there is none.
  entry const* first_of_policy() const;
  bool is_edit() const { return asked_.how == grouping::all_or_none; }
  void add_retry(source_id const& id, std::shared_ptr<source_record const> before);
  void reject(entry& one, error why);
  bool reject_of_rank(rank which, std::vector<rejection> const& rejections);
  bool reject_causes(std::vector<rejection> const& rejections);
  void reject_companions();
  void reject_new(error const& why);
  std::size_t count_new_rejected() const;
  static bool leads_through_value(entry const& one);
  void retry_rejected(attempt& best, std::function<attempt()> const& try_now);
  /// The leaves of an accepted source that its new content changes: before and after.
  static std::vector<key_change> changed_leaves(entry const& one, schema_pointer const& schema);
  static entry::reading const& read(entry const& one, schema_pointer const& schema);
  /// The note on an accepted source that has become empty.
  static std::optional<issue> emptied_note(entry const& one, schema_pointer const& schema);
  /// Adds the changed leaves of an accepted source that a higher layer hides.
  void add_without_effect(hidden_values& into, entry const& one, candidate const& made) const;
  /// Notes on sources and overrides whose values do not count any more, or count again.
  void note_locks(committed_change& done, candidate& made) const;
  /// Removes the overrides of soft rollbacks whose keys the accepted sources change.
  void drop_soft_overrides(candidate& made) const;
  static void put(entry const& one, source_records& into);

  file_change const& asked_;
  limits const& bounds_;
  std::uint64_t edit_number_;
  std::vector<entry> entries_;
  /// Of the entries, which do not move any more once resolve() is called.
  std::map<std::string_view, std::vector<entry*>> by_name_space_;
  mutable std::size_t steps_ = 0;
};

} // namespace cfgd::engine
