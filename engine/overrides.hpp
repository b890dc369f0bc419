#pragma once

#include "engine/model.hpp"

#include <map>
#include <memory>
#include <utility>
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

/// The value of a key that was set in a layer, null if it hides the values of the layers below.
boost::json::value set_value(override_record const& overrides, key const& which);
/// Whether two layers have the same value for a key that was set in both.
bool is_equal_in(override_record const& one, override_record const& other, key const& which);

/// What one key of the override layer was set to. The value of a key above other keys that were set
/// has theirs, or the values before those were set: assigning the values of all keys in key order,
/// each at its path, gives the layer.
struct override_entry {
  override_origin by;
  boost::json::value value; ///< null hides
};

/// The layer with these keys, which must be in key order; null: there are none.
std::shared_ptr<override_record const>
make_overrides(std::vector<std::pair<key, override_entry>> const& all);

/// Calls `each(which, now)` in key order for every key that was set in one of two layers of a
/// namespace and differs between them. `now` (override_entry const*) is null for a key that is not
/// set in `after`, and valid during the call. A null record is a layer without keys.
template <class Visitor>
void override_differences(override_record const* before, override_record const* after,
                          Visitor each) {
  static std::map<key, override_origin> const none;
  auto const& was = before == nullptr ? none : before->keys;
  auto const& now = after == nullptr ? none : after->keys;
  auto old = was.begin();
  for (auto const& [which, by] : now) {
    for (; old != was.end() && old->first < which; ++old)
      each(old->first, static_cast<override_entry const*>(nullptr));
    bool const is_old = old != was.end() && old->first == which;
    if (!is_old || old->second != by || !is_equal_in(*before, *after, which)) {
      override_entry const entry{by, set_value(*after, which)};
      each(which, &entry);
    }
    if (is_old) ++old;
  }
  for (; old != was.end(); ++old)
    each(old->first, static_cast<override_entry const*>(nullptr));
}

} // namespace cfgd::engine
