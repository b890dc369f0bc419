#pragma once

#include "core/limits.hpp"
#include "engine/schema/program.hpp"

#include <functional>
#include <span>
#include <string>
#include <vector>

/// What a schema says about places, without a document.
namespace cfgd::schema {

/// By id: whether a node, or one that may apply to the same value or to something in it, is as
/// `wanted` says.
std::vector<bool> find_reaching(program const& all, std::function<bool(node const&)> const& wanted);

/// What schema::is_secret promises.
bool is_secret_at(program const& all, std::vector<bool> const& secrets,
                  std::span<std::string const> path, limits const& bounds);

/// What schema::governs promises.
boost::json::value const* find_governing(program const& all, std::span<std::string const> path,
                                         limits const& bounds);

} // namespace cfgd::schema
