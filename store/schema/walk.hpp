#pragma once

#include "core/limits.hpp"
#include "store/schema/program.hpp"

#include <span>
#include <string>
#include <vector>

/// What a schema says about places, without a document.
namespace cfgd::schema {

/// By id: whether "x-secret" is somewhere in what may apply to a value of the node.
std::vector<bool> find_secrets(program const& all);

/// What schema::is_secret promises.
bool is_secret_at(program const& all, std::vector<bool> const& secrets,
                  std::span<std::string const> path, limits const& bounds);

/// What schema::governs promises.
boost::json::value const* find_governing(program const& all, std::span<std::string const> path,
                                         limits const& bounds);

} // namespace cfgd::schema
