#pragma once

#include "core/limits.hpp"
#include "engine/schema/program.hpp"

#include <functional>
#include <span>
#include <string>
#include <vector>

/// Questions about paths that a schema answers without a document.
namespace cfgd::schema {

/// For each node id: whether `wanted` is true for the node or for one that may apply to the same
/// value or to a part of it.
std::vector<bool> find_reaching(program const& all, std::function<bool(node const&)> const& wanted);

/// See schema::is_secret.
bool is_secret_at(program const& all, std::span<std::string const> path, limits const& bounds);

/// The subschema that makes a member read-only; null: none. See schema::read_only_by.
node const* find_read_only(program const& all, std::span<std::string const> path,
                           limits const& bounds);

/// See schema::governs.
boost::json::value const* find_governing(program const& all, std::span<std::string const> path,
                                         limits const& bounds);

} // namespace cfgd::schema
