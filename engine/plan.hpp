#pragma once

#include "core/limits.hpp"
#include "engine/candidate.hpp"
#include "engine/model.hpp"
#include "engine/validator.hpp"
#include "engine/write_set.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cfgd::engine {

class override_edits;
struct edit_terms;

/// Decides what a batch of requests does to a model, one after the other; each sees what those
/// before it did. No I/O: what is to be written is asked for afterwards.
class plan {
 public:
  /// Effective texts of a namespace, or of all, as they were at a revision that is kept, with
  /// secrets. Errors: not_found, as outcome says.
  using past = std::function<result<std::map<std::string, std::string>>(
      revision_number at, std::string const& name_space)>;

  /// `base`, `judging` and `bounds` must outlive it.
  plan(model const& base, validator& policy_validator, limits const& bounds, wall_time now,
       past history)
      : base_(base), validator_(policy_validator), bounds_(bounds), now_(now),
        history_(std::move(history)), revision_(base.revision), policy_(base.active_policy),
        pending_(base.pending) {}

  /// Errors: as commit() of config_store; what is thrown for this one request, but for
  /// storage_failure and std::bad_alloc, is store_failed, and nothing of it is planned.
  [[nodiscard]] decision apply(request const& asked);

  write_set writes() const;
  /// Brings the model to where the plan is. It must be the one that the plan is based on.
  void take_over(model& base) &&;

 private:
  decision apply_one(request const& asked);
  decision apply(file_change const& asked);
  decision apply(set_request const& asked);
  /// The names of all namespaces, in order.
  std::vector<std::string> names() const;
  decision apply(rollback_request const& asked);
  decision apply(restore_request const& asked);
  decision apply(pending_request const& asked);
  /// Effective texts as past tells them, of this batch's revisions, too.
  [[nodiscard]] result<std::map<std::string, std::string>>
  texts_at(revision_number revision, std::string const& name_space) const;
  /// Makes a change of a draft by its edited override layers: the end of every request for one.
  decision finish(candidate& made, override_edits& edits, edit_terms const& how);
  /// Undoes a change that ends. Its record stays if that is refused.
  decision end(pending_record const& ended);
  /// Sources to try again, and the record of one as it is staged; null: it is not known.
  std::set<source_id> retryable() const;
  std::shared_ptr<source_record const> find_record(source_id const& id) const;
  /// Whether there is room for one more change that ends by itself, and it ends soon enough.
  /// Errors: limit ("pending_changes", "pending_change_time").
  [[nodiscard]] result<void> check_expiry(std::optional<expiry> const& how) const;
  candidate begin() const { return {staged_, base_.namespaces, policy_}; }
  void keep(candidate&& made, committed_change const& done);
  /// Lets a change that was kept end by itself. `layers` is what it did to the override layer.
  void add_pending(expiry const& how, origin const& by, std::string const& comment,
                   committed_change& done,
                   std::map<std::string, pending_record::layer_change> layers);
  /// Lets what changes did to namespaces that were rolled back stay for good.
  void settle(std::map<std::string, std::string> const& wanted, committed_change& done);
  /// All that waits, the next one first.
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
