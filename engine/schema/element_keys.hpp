#pragma once

#include "core/limits.hpp"
#include "engine/schema/navigator.hpp"
#include "engine/schema/schema.hpp"

#include <boost/json/fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace cfgd::schema {

/// The two forms of arrays with an "x-key": as they are written, and with their elements as members
/// of an object. See schema::keyed and the functions after it. For one call, on one thread.
class element_keys {
 public:
  /// `reaching`: by node id, whether an "x-key" is at or below it. Both must outlive it.
  element_keys(program const& all, std::vector<bool> const& reaching, limits const& bounds)
      : ways_(all, bounds), reaching_(reaching) {}

  boost::json::object keyed(boost::json::object const& layer);
  void to_arrays(boost::json::value& merged);
  std::vector<element_fault> faults(boost::json::object const& layer);
  std::string layer_pointer(boost::json::value const& merged, std::string_view pointer);

 private:
  bool reaches(position const& here) const;
  boost::json::object keyed_members(boost::json::object const& from, position const& here);
  boost::json::value keyed_value(boost::json::value const& from, position const& here);
  void to_arrays(boost::json::value& what, position const& here);

  navigator ways_;
  std::vector<bool> const& reaching_;
};

} // namespace cfgd::schema
