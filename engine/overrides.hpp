#pragma once

#include "engine/model.hpp"

#include <memory>
#include <vector>

namespace cfgd::engine {

/// Edits the override layer of one namespace.
class override_edit {
 public:
  /// `before` may be null: there are no overrides yet.
  explicit override_edit(override_record const* before);

  /// Removes what was set at the key and below it, and the objects that this leaves empty.
  void unset(key const& which);
  /// Replaces what was set at the key and below it. A null hides what lies in the layers below; the
  /// value of a whole namespace must be an object. Leaves all as it is, with who set it first, if
  /// just this value was set at just this key.
  void set(key const& which, boost::json::value const& value, override_origin const& by);

  /// Who set just this key; null: nobody. Valid until the next edit.
  override_origin const* find_setter(key const& which) const;
  /// Forgets who set just this key, so that the next who sets it does even with the same value.
  void disown(key const& which);

  bool changed() const { return changed_; }
  /// As edited so far.
  boost::json::object const& document() const { return record_->document; }
  /// Gives the keys that were set their revision.
  void set_revision(revision_number revision);

  /// The record as edited; null if nothing is left. Stays the same object when edited further.
  std::shared_ptr<override_record const> finish();

 private:
  void forget_missing_keys();

  std::shared_ptr<override_record> record_;
  std::vector<key> set_;
  bool changed_ = false;
};

/// Who set what the override layer says about a key: the newest among those who set it, what it
/// lies in, or something below it. Null: nobody.
override_origin const* find_origin(override_record const& overrides, key const& which);

} // namespace cfgd::engine
