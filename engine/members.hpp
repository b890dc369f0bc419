#pragma once

#include <boost/json/fwd.hpp>

#include <span>
#include <string>

/// Access to members of documents by their path, which has at least one part. Paths lead through
/// objects only; elements of arrays have no path.
namespace cfgd::engine {

/// Removes a member, and the parents that become empty by that. Returns whether it was there.
bool erase_member(boost::json::object& from, std::span<std::string const> path);

/// Returns the member to assign a value to, creating it if needed. Parents that are not objects are
/// replaced by objects. The reference is valid until the document is edited again.
boost::json::value& put_member(boost::json::object& into, std::span<std::string const> path);

} // namespace cfgd::engine
