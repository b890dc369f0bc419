#pragma once

#include "engine/override_record.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace cfgd::engine {

/// Edits the override layer of one namespace. Works on a copy; the record before is not changed.
class override_editor {
 public:
  /// What becomes of the setter of a key that is set to the value that it has.
  enum class setters : std::uint8_t { stay, are_replaced };

  /// `before` may be null: the namespace has no overrides yet.
  explicit override_editor(override_record const* before);

  /// Removes the overrides of a key and of all keys below it, and objects that become empty by
  /// that.
  void unset(key const& which);
  /// Replaces the overrides of a key and of all keys below it. Null hides the values of the layers
  /// below; the value of a whole namespace must be an object. Setting the value that exactly this
  /// key was set to before changes nothing: its first setter and time stay, unless it was soft and
  /// `by` is not, or `how` says otherwise.
  void set(key const& which, boost::json::value const& value, override_origin const& by,
           setters how = setters::stay);

  /// Who set exactly this key; null: nobody did. Valid until the next edit.
  override_origin const* find_setter(key const& which) const;

  bool changed() const { return changed_; }
  /// The keys that were set by this editor, also those that were removed again.
  std::vector<key> const& keys_set() const { return set_; }
  /// The layer as edited so far. Valid until the next edit.
  override_record const& layer() const { return *record_; }
  /// Records the revision that the keys set by this editor came with.
  void set_revision(revision_number revision);

  /// The edited record; null: no override is left. Further edits change the same object, so call
  /// this last.
  std::shared_ptr<override_record const> finish();

 private:
  std::shared_ptr<override_record> record_;
  std::vector<key> set_;
  bool changed_ = false;
};

} // namespace cfgd::engine
