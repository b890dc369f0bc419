#pragma once

#include "engine/change_note.hpp"
#include "engine/model.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cfgd::engine {

/// The records that one transaction writes: the final state of each record that differs from the
/// model before. Order does not matter, except that `changes` go oldest first. Records are
/// immutable and shared with the plan.
struct write_set {
  /// The override layer of one namespace. override_differences() says which keys differ.
  struct layer_change {
    std::string name;
    std::shared_ptr<override_record const> before; ///< null: there was none
    std::shared_ptr<override_record const> after;  ///< null: erase
  };

  revision_number revision = 0;
  std::vector<std::pair<source_id, std::shared_ptr<source_record const>>> sources =
      {}; ///< null: erase
  std::vector<layer_change> overrides = {};
  std::vector<effective> effectives = {}; ///< null text: erase
  std::vector<std::shared_ptr<change const>> changes = {};
  std::vector<std::pair<revision_number, std::shared_ptr<pending_record const>>> pending =
      {}; ///< null: erase
  /// Notes on changes that are kept, or are among `changes`; others are left out.
  std::vector<change_note> notes = {};
  /// Namespaces among those above whose schema declares secrets: their records are sealed, also
  /// those that are in the store already.
  std::vector<std::string> with_secrets = {};

  bool empty() const {
    return sources.empty() && overrides.empty() && effectives.empty() && changes.empty() &&
           pending.empty() && notes.empty();
  }
};

} // namespace cfgd::engine
