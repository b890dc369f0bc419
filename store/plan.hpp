#pragma once

#include "core/limits.hpp"
#include "store/model.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cfgd::store {

/// What one transaction writes: the last state of each record that differs from what was.
struct write_set {
  revision_number revision = 0;
  std::vector<std::pair<source_id, std::shared_ptr<source_record const>>> sources =
      {}; ///< null: erase
  std::vector<std::pair<std::string, std::shared_ptr<override_record const>>> overrides =
      {};                                 ///< null: erase
  std::vector<effective> effectives = {}; ///< null text: erase
  std::vector<std::shared_ptr<change const>> changes = {};

  bool empty() const {
    return sources.empty() && overrides.empty() && effectives.empty() && changes.empty();
  }
};

/// Namespaces that differ from those below. Reads fall through, edits copy.
class draft {
 public:
  /// `below` and `further` must outlive it; a namespace is looked for in `below` first.
  using states = std::map<std::string, namespace_state, std::less<>>;
  draft(states const& below, states const& further) : below_(below), further_(further) {}

  /// Null: no such namespace.
  namespace_state const* find(std::string_view name_space) const;
  /// The state to change; a new one is empty.
  namespace_state& edit(std::string_view name_space);
  states& edited() { return edited_; }

 private:
  states const& below_;
  states const& further_;
  states edited_;
};

/// Decides what a batch of requests does to a model, one after the other; each sees what those
/// before it did. No I/O: what is to be written is asked for afterwards.
class plan {
 public:
  /// `base` and `bounds` must outlive it.
  plan(model const& base, limits const& bounds, wall_time now)
      : base_(base), bounds_(bounds), now_(now), revision_(base.revision) {}

  /// Errors: as commit() of config_store.
  [[nodiscard]] outcome apply(request const& asked);

  write_set writes() const;
  /// Brings the model to where the plan is. It must be the one that the plan is based on.
  void take_over(model& base) &&;

 private:
  outcome apply(source_batch const& asked);
  outcome apply(set_request const& asked);
  void keep(draft&& made, applied const& done);

  model const& base_;
  limits const& bounds_;
  wall_time now_;
  revision_number revision_;
  draft::states staged_;
  std::vector<std::shared_ptr<change const>> changes_;
};

} // namespace cfgd::store
