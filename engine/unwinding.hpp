#pragma once

#include "core/change.hpp"
#include "engine/model.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cfgd::engine {

/// A change as it lies in its record, without copies of its values. The views are valid as long as
/// that record (for a record of the store, until the transaction ends or writes) and as `kept_by`.
struct change_view {
  revision_number revision = 0;
  wall_time time{};
  origin from = {};
  std::string_view comment = {};
  struct leaf {
    std::string_view key;
    std::string_view before; ///< empty: absent
    std::string_view after;
    bool secret = false;
    std::uint32_t file = 0; ///< as in key_change
    place at = {};
  };
  std::vector<leaf> keys = {};
  std::vector<issue> warnings = {};
  std::vector<origin> files = {};
  std::size_t bytes = 0; ///< size of the record; 0 if unknown
  /// What the views point into, of a record that was sealed; null: into the record.
  std::shared_ptr<void const> kept_by = {};
};

/// Matches the text of a key against a prefix: that key and all keys below it. Without a prefix it
/// matches all keys.
class key_filter {
 public:
  explicit key_filter(std::optional<key> const& prefix)
      : prefix_(prefix ? prefix->str() : std::string()) {}
  bool operator()(std::string_view key_text) const;
  bool takes_all() const { return prefix_.empty(); }

 private:
  std::string prefix_;
};

/// A view of a change in memory. Valid as long as that change.
change_view view_of(change const& one);

/// The leaves that changed in a range of history, with their values before and after that range.
/// Memory grows with the number of leaves, not of changes. Not thread-safe.
class unwinding {
 public:
  /// Selects keys by their texts.
  using filter = std::function<bool(std::string_view key_text)>;
  explicit unwinding(filter which) : which_(std::move(which)) {}

  /// Adds the next older change. Its record must outlive this object.
  void add(change_view const& older);

  struct leaf {
    std::string_view before; ///< empty: absent
    std::string_view after;
    bool secret = false; ///< in at least one of the changes
    /// change_view::kept_by of the newest and of the oldest change.
    std::shared_ptr<void const> newest = {};
    std::shared_ptr<void const> oldest = {};
  };
  std::unordered_map<std::string_view, leaf> const& leaves() const { return leaves_; }

  /// The namespaces with such leaves as they were before the range, given their canonical texts
  /// `now` after it. A document without members had no leaf: it was empty or did not exist.
  using documents = std::map<std::string, boost::json::object, std::less<>>;
  enum class secrets : std::uint8_t { kept, left_out };
  /// Throws storage_failure if a recorded key or value is not valid.
  documents undo(std::map<std::string, std::string_view> const& now, secrets how) const;
  /// The other way: the namespaces after the range, given their texts before it.
  documents redo(std::map<std::string, std::string_view> const& then) const;

  /// All namespaces as canonical texts before the range, given all of them `now`. Those without a
  /// leaf are left out, unless they did not change. Throws like undo().
  std::map<std::string, std::string>
  texts_before(std::map<std::string, std::string_view> const& now) const;

 private:
  documents replace(std::map<std::string, std::string_view> const& texts, secrets how,
                    std::string_view leaf::*with) const;

  filter which_;
  std::unordered_map<std::string_view, leaf> leaves_;
};

} // namespace cfgd::engine
