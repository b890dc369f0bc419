#pragma once

#include "watchers/formats/sourced_value.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cfgd::watchers::formats {

/// What a second value of the same name means.
enum class repeated_keys : std::uint8_t {
  are_refused,
  are_arrays, ///< all values of that name, in their order
};

/// Builds a document from dotted names in any order, as they appear in .ini and .env files. Members
/// are in the order in which they were first named. Used once, by one thread.
class document_builder {
 public:
  /// `bounds` must outlive it.
  explicit document_builder(limits const& bounds,
                            repeated_keys repeated = repeated_keys::are_refused)
      : bounds_(bounds), repeated_(repeated) {}

  using section = std::uint32_t;
  static constexpr section root = 0;

  /// Returns the object at `path` below the root and creates it if it does not exist.
  /// Errors: parse (`path` or a part of it has a value), limit ("file_depth", "file_elements").
  [[nodiscard]] result<section> open(std::span<std::string const> path, place at);

  /// Sets a value; `path` must not be empty.
  /// Errors: as open(), and parse if the path exists already.
  [[nodiscard]] result<void> set(section below, std::span<std::string const> path, place at,
                                 boost::json::value what);

  /// Adds a note to the value that was set last.
  void add_note(std::string_view rule, std::string message, place at);

  /// Returns the document. To be called once.
  sourced_value finish();

 private:
  struct node {
    std::string name = {};
    place at = {};
    std::uint32_t depth = 1; ///< of the members, if it is an object; the root's are at 1
    bool is_object = false;
    boost::json::value leaf = nullptr;
    std::vector<std::uint32_t> members = {};
    /// Of the values of a repeated key; empty: the key has one value.
    std::vector<place> repeated_at = {};
    std::vector<issue> notes = {};
  };

  struct child_of {
    std::uint32_t parent = 0;
    bool is_new = false;
    std::uint32_t index = 0;
  };

  result<child_of> child(std::uint32_t parent, std::string const& name, place at);
  result<std::uint32_t> descend(std::uint32_t from, std::span<std::string const> path, place at);
  result<void> repeat(node& here, place at, boost::json::value what);
  result<void> count(place at) const;
  void emit(node& from, boost::json::object& into, sourced_value& out, std::string& pointer);

  limits const& bounds_;
  repeated_keys repeated_;
  std::uint32_t last_set_ = 0;
  std::size_t repeated_values_ = 0;
  std::vector<node> nodes_ = {node{.is_object = true}};
  /// "parent/name" to the node.
  std::unordered_map<std::string, std::uint32_t> index_;
};

} // namespace cfgd::watchers::formats
