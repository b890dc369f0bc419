#pragma once

#include "core/change.hpp"
#include "engine/model.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cfgd::engine {

/// A change in its record: its leaves can be looked at without copying what they say. Views are as
/// long valid as the record.
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
  };
  std::vector<leaf> keys = {};
  std::vector<issue> warnings = {};
  std::size_t bytes = 0; ///< of the record
};

/// A key and what lies below it, or all keys, by their texts.
class key_filter {
 public:
  explicit key_filter(std::optional<key> const& prefix)
      : prefix_(prefix ? prefix->str() : std::string()) {}
  bool operator()(std::string_view key_text) const;
  bool takes_all() const { return prefix_.empty(); }

 private:
  std::string prefix_;
};

/// A change, to be looked at like one in its record. Valid as long as the change.
change_view view_of(change const& one);

/// The leaves that changed in a piece of history, with what they were before it and after it.
class unwinding {
 public:
  /// Which keys count, by their texts.
  using filter = std::function<bool(std::string_view key_text)>;
  explicit unwinding(filter which) : which_(std::move(which)) {}

  /// Takes the next older change; what its views point to must stay.
  void add(change_view const& older);

  struct leaf {
    std::string_view before; ///< empty: absent
    std::string_view after;
    bool secret = false; ///< in one of the changes
  };
  std::unordered_map<std::string_view, leaf> const& leaves() const { return leaves_; }

  /// The namespaces with such leaves as they were before that history; `now` are texts after it. A
  /// document without members: there was no leaf.
  using documents = std::map<std::string, boost::json::object, std::less<>>;
  enum class secrets : std::uint8_t { kept, left_out };
  /// Throws storage_failure where a value of history is not JSON, or no key.
  documents undo(std::map<std::string, std::string_view> const& now, secrets how) const;

 private:
  filter which_;
  std::unordered_map<std::string_view, leaf> leaves_;
};

} // namespace cfgd::engine
