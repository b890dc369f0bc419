#pragma once

#include "engine/model.hpp"

#include <memory>
#include <vector>

namespace cfgd::engine {

/// Edits the override layer of one namespace. Works on a copy; the record before is not changed.
class override_editor {
 public:
  /// `before` may be null: the namespace has no overrides yet.
  explicit override_editor(override_record const* before);

  /// Removes the overrides of a key and of all keys below it, and objects that become empty by
  /// that.
  void unset(key const& which);
  /// Replaces the overrides of a key and of all keys below it. Null hides the values of the layers
  /// below; the value of a whole namespace must be an object. Setting the value that exactly this
  /// key was set to before changes nothing: its first setter and time stay, unless it was soft and
  /// `by` is not.
  void set(key const& which, boost::json::value const& value, override_origin const& by);

  /// Who set exactly this key; null: nobody did. Valid until the next edit.
  override_origin const* find_setter(key const& which) const;
  /// Forgets who set exactly this key, so that the next set() takes it over even with the same
  /// value.
  void disown(key const& which);

  bool changed() const { return changed_; }
  /// The keys that were set by this editor, also those that were removed again.
  std::vector<key> const& keys_set() const { return set_; }
  /// The layer as edited so far. Valid until the next edit.
  boost::json::object const& document() const { return record_->document; }
  /// Records the revision that the keys set by this editor came with.
  void set_revision(revision_number revision);

  /// The edited record; null: no override is left. Further edits change the same object, so call
  /// this last.
  std::shared_ptr<override_record const> finish();

 private:
  void forget_missing_keys();

  std::shared_ptr<override_record> record_;
  std::vector<key> set_;
  bool changed_ = false;
};

/// Who set the override of a key: the setter of the nearest of the key and its parents that was
/// set, or of a key below it if that was set later. Null: nobody. The pointer is valid as long as
/// `overrides`.
override_origin const* find_origin(override_record const& overrides, key const& which);

} // namespace cfgd::engine
