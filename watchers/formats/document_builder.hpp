#pragma once

#include "watchers/formats/sourced_value.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace cfgd::watchers::formats {

/// Builds a document from dotted names in any order, as they appear in .ini and .env files. Members
/// are in the order in which they were first named. Used once, by one thread.
class document_builder {
 public:
  /// `bounds` must outlive it.
  explicit document_builder(limits const& bounds) : bounds_(bounds) {}

  using section = std::uint32_t;
  static constexpr section root = 0;

  /// Returns the object at `path` below the root and creates it if it does not exist.
  /// Errors: parse (`path` or a part of it has a value), limit ("file_depth", "file_elements").
  [[nodiscard]] result<section> open(std::span<std::string const> path, place at);

  /// Sets a value; `path` must not be empty.
  /// Errors: as open(), and parse if the path exists already.
  [[nodiscard]] result<void> set(section below, std::span<std::string const> path, place at,
                                 boost::json::value what);

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
  };

  struct child_of {
    std::uint32_t parent = 0;
    bool is_new = false;
    std::uint32_t index = 0;
  };

  result<child_of> child(std::uint32_t parent, std::string const& name, place at);
  result<std::uint32_t> descend(std::uint32_t from, std::span<std::string const> path, place at);
  void emit(node& from, boost::json::object& into, std::vector<place>& places);

  limits const& bounds_;
  std::vector<node> nodes_ = {node{.is_object = true}};
  /// "parent/name" to the node.
  std::unordered_map<std::string, std::uint32_t> index_;
};

} // namespace cfgd::watchers::formats
