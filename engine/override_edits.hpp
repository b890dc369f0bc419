#pragma once

#include "core/limits.hpp"
#include "engine/overrides.hpp"
#include "engine/plan.hpp"

#include <map>
#include <optional>
#include <string>

namespace cfgd::engine {

/// The override layers that a request touches, while they are edited.
class override_edits {
 public:
  /// `made` must outlive it.
  explicit override_edits(candidate& made) : made_(made) {}

  override_edit& of(std::string const& name_space);

  /// Gives the draft the layers as edited.
  void put();
  /// What was done to each layer that is another one now.
  std::map<std::string, pending_record::layer_change> layer_changes();
  /// Gives the keys that were set their revision.
  void set_revision(revision_number revision);

 private:
  candidate& made_;
  std::map<std::string, override_edit> edits_;
};

/// Who asks for a change of the override layer, and how it is to be made.
struct edit_terms {
  override_origin by;
  std::string comment;
  bool dry_run = false;
  std::optional<expiry> ends = {};
};

/// Errors: conflict (used = the revision that is), limit ("comment_bytes"), bad_value (subject:
/// "comment").
[[nodiscard]] result<void> check_terms(std::optional<revision_number> const& if_revision,
                                       std::string const& comment, revision_number revision,
                                       limits const& bounds);

/// Refuses an override that is larger than it may be: limit ("value_bytes").
[[nodiscard]] result<void> check_value_size(std::string const& key_text, std::size_t used,
                                            limits const& bounds);

/// Refuses a key that nobody could ask for: limit ("key_bytes").
[[nodiscard]] result<void> check_key_size(std::string const& key_text);

} // namespace cfgd::engine
