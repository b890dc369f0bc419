#pragma once

#include "core/document.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>

namespace cfgd::engine {

/// The places of the values of one document, for many look-ups: find_place() counts the nodes
/// before a value each time, this counts them once.
class place_index {
 public:
  /// Null: a document without values.
  explicit place_index(std::shared_ptr<sourced_document const> document);

  /// As find_place().
  place find(std::span<std::string const> path) const;

 private:
  void add(boost::json::value const& at);
  void add_below(boost::json::value const& at);

  std::shared_ptr<sourced_document const> document_;
  std::size_t next_ = 0;
  std::unordered_map<boost::json::value const*, place> places_;
};

} // namespace cfgd::engine
