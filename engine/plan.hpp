#pragma once

#include "core/limits.hpp"
#include "engine/candidate.hpp"
#include "engine/model.hpp"
#include "engine/validator.hpp"
#include "engine/write_set.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

// The life of a change, from file to file:
//
//   request           records.hpp        What is asked for: changed files, a Set, a rollback, a
//                                        restore, the end of a pending change.
//   candidate         candidate.hpp      The state that the request would lead to, copy on write.
//                                        plan_overrides.cpp (Set), plan_rollback.cpp (Rollback,
//                                        Restore), plan_pending.cpp (Confirm, Extend, the end) and
//                                        file_change_plan.hpp (files) edit the layers in it.
//   evaluation        evaluate.hpp       The layers are merged, validated with schemas and rules
//                                        (validator.hpp), and compared with the values before.
//   decision          records.hpp        If there are rejections, the request fails with them, and
//                                        the candidate is dropped; a file change instead rejects
//                                        single files until the others are accepted.
//   committed change  decide.hpp         Else the changes get their revisions, and the plan stages
//                                        the candidate: the next request sees it.
//   write set         write_set.hpp      All requests of one transaction are planned, then what
//                                        differs from the model is written by
//                                        store/config_store.cpp; one fsync makes it durable.
//   publication       committer.hpp      Only then the model advances, and the loop gets the
//                     (in daemon/)       committed changes: cache, watches, callers, log.
//
// A rejected or failed request leaves no trace in the plan, and a failed transaction none in the
// model: both are decided on copies.

namespace cfgd::engine {

class override_editors;
struct edit_terms;

/// Decides the requests of one transaction over a model, one after the other; each sees the state
/// that those before it left. No I/O. Used by one thread, for one transaction, then dropped.
class plan {
 public:
  /// Returns the effective texts of a namespace, or of all if the name is empty, at a revision that
  /// is kept, with secrets. Errors: not_found, as described at `decision`.
  using past = std::function<result<std::map<std::string, std::string>>(
      revision_number at, std::string const& name_space)>;

  /// `base`, `policy_validator` and `bounds` must outlive the plan, and `base` must not change.
  plan(model const& base, validator& policy_validator, limits const& bounds, wall_time now,
       past history)
      : base_(base), validator_(policy_validator), bounds_(bounds), now_(now),
        history_(std::move(history)), revision_(base.revision), policy_(base.active_policy),
        pending_(base.pending) {}

  /// Decides one request. Errors: those of `decision`; an unexpected exception becomes store_failed
  /// for this request alone. Throws storage_failure and std::bad_alloc, which concern the whole
  /// transaction.
  [[nodiscard]] decision apply(request const& asked);

  /// The records to write for all requests that were accepted so far.
  write_set writes() const;
  /// Advances the model to the state of the plan, once that is durable. `base` must be the model
  /// that the plan was made over.
  void advance(model& base) &&;

 private:
  decision apply_one(request const& asked);
  decision apply(file_change const& asked);
  decision apply(set_request const& asked);
  decision apply(rollback_request const& asked);
  decision apply(restore_request const& asked);
  decision apply(pending_request const& asked);

  candidate make_candidate() const { return {staged_, base_.namespaces, policy_}; }
  /// The last steps of every request for the override layer: evaluates the candidate with the
  /// edited layers, decides, and stages it unless it is a dry run.
  decision decide_overrides(candidate& made, override_editors& edits, edit_terms const& how);
  /// Adds the summaries of the namespaces whose sources or overrides a candidate changes.
  static void add_summaries(committed_change& done, candidate& made);
  /// Makes an accepted candidate the state that the next request sees.
  void stage(candidate&& made, committed_change const& done);
  /// The names of all namespaces, in order.
  std::vector<std::string> names() const;

  /// Effective texts as `past` returns them, also at revisions of this transaction.
  [[nodiscard]] result<std::map<std::string, std::string>>
  texts_at(revision_number revision, std::string const& name_space) const;

  /// The sources to retry, and the staged record of a source (null: it is not known).
  std::set<source_id> retryable() const;
  std::shared_ptr<source_record const> find_record(source_id const& id) const;
  /// A number for an edit that no other edit has, among all whose files are in quarantine.
  std::uint64_t unused_edit_number() const;

  /// Checks that one more pending change may be made, with this deadline.
  /// Errors: limit ("pending_changes", "pending_change_time").
  [[nodiscard]] result<void> check_expiry(std::optional<expiry> const& how) const;
  /// Records a staged change as pending. `layers` are the override layers that it edited.
  void add_pending(expiry const& how, origin const& by, std::string const& comment,
                   committed_change& done,
                   std::map<std::string, pending_record::layer_change> layers);
  /// Undoes a pending change. If that is rejected, its record stays.
  decision undo_pending(pending_record const& ended);
  /// Makes the edits of pending changes in these namespaces permanent.
  void keep_pending_edits(std::map<std::string, std::string> const& name_spaces,
                          committed_change& done);
  /// All pending changes, the next deadline first.
  std::vector<pending_change> pending_list() const;

  model const& base_;
  validator& validator_;
  limits const& bounds_;
  wall_time now_;
  past history_;
  revision_number revision_;
  candidate::states staged_;
  std::shared_ptr<policy const> policy_;
  pending_records pending_;
  std::vector<std::shared_ptr<change const>> changes_;
  std::vector<change_note> notes_;
};

} // namespace cfgd::engine
