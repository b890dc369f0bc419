#pragma once

#include "engine/candidate.hpp"
#include "engine/overrides.hpp"
#include "engine/records.hpp"

#include <map>
#include <optional>
#include <string>

namespace cfgd::engine {

/// The override layers that one request edits, by namespace. Call of() for each edit, then put(),
/// and after the decision set_revision() and layer_changes(). Not thread-safe.
class override_editors {
 public:
  /// `made` must outlive it.
  explicit override_editors(candidate& made) : made_(made) {}

  /// The editor of a namespace; created with the layer of the candidate at the first call. The
  /// reference is valid as long as this object.
  override_editor& of(std::string const& name_space);

  /// Puts the edited layers into the candidate.
  void put();
  /// Each layer that differs now, before and after.
  std::map<std::string, pending_record::layer_change> layer_changes();
  /// The values of sources that the keys set by this request hide. Call it after put(). The states
  /// get their summaries where those are known then.
  hidden_values find_hidden();
  /// Records the revision that the keys came with, if they do not have it; it is known only once
  /// the change is decided.
  void set_revision(revision_number revision);

 private:
  candidate& made_;
  std::map<std::string, override_editor> editors_;
};

/// Who requests a change of the override layer, and how it is to be made.
struct edit_terms {
  override_origin by;
  std::string comment;
  bool dry_run = false;            ///< decide, but change nothing
  std::optional<expiry> ends = {}; ///< makes it a pending change
};

} // namespace cfgd::engine
