#pragma once

#include <boost/json/fwd.hpp>

#include <span>
#include <string>

/// Members of documents by their path, which has one part at least.
namespace cfgd::engine {

/// Removes the member and the parents that this empties. Returns whether it was there.
bool erase_member(boost::json::object& from, std::span<std::string const> path);

/// The member to be given a value; what is no object on the way becomes one.
boost::json::value& put_member(boost::json::object& into, std::span<std::string const> path);

} // namespace cfgd::engine
