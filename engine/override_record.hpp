#pragma once

#include "core/change.hpp"
#include "core/key.hpp"
#include "core/shared_map.hpp"
#include "core/time.hpp"
#include "engine/merge.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cfgd::engine {

/// Who set a key of the override layer, and when.
struct override_origin {
  origin from = {};
  wall_time time{};
  /// Removed by the next edit of a file that changes the key: it comes from a soft rollback.
  bool is_soft = false;

  friend bool operator==(override_origin const&, override_origin const&) = default;
};

/// What one key of the override layer was set to. The values of keys below it are those from before
/// they were set: assigning the values of all keys in key order, each at its path, gives the layer.
struct override_entry {
  override_origin by;
  boost::json::value value; ///< null hides the values of the layers below

  friend bool operator==(override_entry const&, override_entry const&) = default;
};

/// The override layer of one namespace. It exists while the namespace has any override. A copy
/// shares all entries, and changing one key takes a time that grows with the logarithm of their
/// number.
class override_record {
 public:
  /// Orders the keys of a namespace, and paths below it, by their parts.
  struct by_path {
    static std::span<std::string const> path_of(key const& which) { return which.path(); }
    static std::span<std::string const> path_of(std::span<std::string const> path) { return path; }
    template <class Left, class Right>
    std::strong_ordering operator()(Left const& left, Right const& right) const {
      auto const one = path_of(left);
      auto const other = path_of(right);
      return std::lexicographical_compare_three_way(one.begin(), one.end(), other.begin(),
                                                    other.end());
    }
  };
  using table = shared_map<key, override_entry, by_path>;
  using path_view = std::span<std::string const>;

  override_record() = default;
  explicit override_record(table keys) : keys_(std::move(keys)) {}

  /// The keys as they were set.
  table const& keys() const { return keys_; }

  /// What the layer says about a path; an empty one is the whole namespace.
  struct answer {
    layer_answer::kind what = layer_answer::kind::nothing;
    bool is_there = false;  ///< it sets or hides exactly this path
    bool is_object = false; ///< its value
    /// The value, if no key below the path changes it; else null. Valid as long as the record.
    boost::json::value const* value = nullptr;
  };
  answer look_up(path_view path) const;
  /// The value of a path; absent: the answer is another one.
  std::optional<boost::json::value> value_at(path_view path) const;
  /// The same as canonical text, of an answer about the path; empty: it is another one.
  std::string text_at(path_view path, answer const& found) const;
  /// The whole layer. Nulls hide the values of the layers below.
  boost::json::object document() const;

  /// Of a record that nobody shares yet. Sets a key, and removes the keys below it.
  void set(key const& which, override_entry entry);
  /// Removes the values of a path and below it, and objects that become empty by that. Returns
  /// whether there were any.
  bool unset(path_view path);
  /// Replaces the setter of a key that is set.
  void set_origin(key const& which, override_origin by);

 private:
  enum class range : std::uint8_t { below, at_and_below };

  bool has_below(path_view path) const;
  boost::json::value const* find_base(path_view path, answer& out) const;
  void erase_keys(path_view path, range which);
  void erase(path_view path);

  table keys_;
};

/// The layer with these keys, which must be in key order; null: there are none.
std::shared_ptr<override_record const>
make_overrides(std::vector<std::pair<key, override_entry>> all);

/// Calls `each(which, now)` in key order for every key that was set in one of two layers of a
/// namespace and differs between them, in a time that grows with their number. `now`
/// (override_entry const*) is null for a key that is not set in `after`, and valid during the call.
/// A null record is a layer without keys.
template <class Visitor>
void override_differences(override_record const* before, override_record const* after,
                          Visitor each) {
  static override_record const none;
  auto const& was = before == nullptr ? none : *before;
  auto const& now = after == nullptr ? none : *after;
  override_record::table::differences(was.keys(), now.keys(), [&each](auto* old, auto* entry) {
    if (old != nullptr && entry != nullptr && old->second == entry->second) return;
    auto const& which = entry != nullptr ? entry->first : old->first;
    each(which, entry == nullptr ? nullptr : &entry->second);
  });
}

/// The key of the first parts of a path: all of a key, or one above it.
key first_parts(key const& which, std::size_t depth);

/// The topmost keys that two layers may say something else about, none below another one.
std::vector<key> topmost_differences(override_record const* before, override_record const* after);

/// Who set the override of a key: the setter of the nearest of the key and its parents that was
/// set, or of a key below it if that was set later. Null: nobody. The pointer is valid as long as
/// `overrides`.
override_origin const* find_origin(override_record const& overrides, key const& which);

} // namespace cfgd::engine
