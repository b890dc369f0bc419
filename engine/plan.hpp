#pragma once

#include "core/limits.hpp"
#include "engine/draft.hpp"
#include "engine/judge.hpp"
#include "engine/model.hpp"
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
  plan(model const& base, judge& judging, limits const& bounds, wall_time now, past history)
      : base_(base), judge_(judging), bounds_(bounds), now_(now), history_(std::move(history)),
        revision_(base.revision), judges_(base.judges), timed_(base.timed) {}

  /// Errors: as commit() of config_store; what is thrown for this one request, but for storage_failure
  /// and std::bad_alloc, is store_failed, and nothing of it is planned.
  [[nodiscard]] outcome apply(request const& asked);

  write_set writes() const;
  /// Brings the model to where the plan is. It must be the one that the plan is based on.
  void take_over(model& base) &&;

 private:
  outcome apply_one(request const& asked);
  outcome apply(source_batch const& asked);
  outcome apply(set_request const& asked);
  /// The names of all namespaces, in order.
  std::vector<std::string> names() const;
  outcome apply(rollback_request const& asked);
  outcome apply(restore_request const& asked);
  outcome apply(timed_request const& asked);
  /// Effective texts as past tells them, of this batch's revisions, too.
  [[nodiscard]] result<std::map<std::string, std::string>>
  texts_at(revision_number revision, std::string const& name_space) const;
  /// Makes a change of a draft by its edited override layers: the end of every request for one.
  outcome finish(draft& made, override_edits& edits, edit_terms const& how);
  /// Undoes a change that ends. Its record stays if that is refused.
  outcome end(timed_record const& ended);
  /// Sources to try again, and the record of one as it is staged; null: it is not known.
  std::set<source_id> suspended() const;
  std::shared_ptr<source_record const> find_record(source_id const& id) const;
  /// Whether there is room for one more change that ends by itself, and it ends soon enough.
  /// Errors: limit ("timed_changes", "timed_change_time").
  [[nodiscard]] result<void> check_ending(std::optional<ending> const& how) const;
  draft begin() const { return {staged_, base_.namespaces, judges_}; }
  void keep(draft&& made, applied const& done);
  /// Lets a change that was kept end by itself. `layers` is what it did to the override layer.
  void arm(ending const& how, origin const& by, std::string const& comment, applied& done,
           std::map<std::string, timed_record::layer_change> layers);
  /// Lets what changes did to namespaces that were rolled back stay for good.
  void settle(std::map<std::string, std::string> const& wanted, applied& done);
  /// All that waits, the next one first.
  std::vector<timed_change> timed_list() const;

  model const& base_;
  judge& judge_;
  limits const& bounds_;
  wall_time now_;
  past history_;
  revision_number revision_;
  draft::states staged_;
  std::shared_ptr<definitions const> judges_;
  timed_records timed_;
  std::vector<std::shared_ptr<change const>> changes_;
};

} // namespace cfgd::engine
