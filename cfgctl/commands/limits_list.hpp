#pragma once

#include "cfgctl/top/screen.hpp"
#include "core/limits.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Every limit of the service with its meaning.
namespace cfgd::cfgctl {

struct limit_line {
  std::string_view name;
  std::variant<std::size_t, std::chrono::milliseconds> value;
  std::string_view meaning;
};

/// In the order of core/limits.hpp.
std::vector<limit_line> limit_lines(limits const& from);

/// A table.
std::string limits_text(screen const& where, limits const& from);

/// {"limits": [{"name": "file_bytes", "value": 4194304, "unit": "bytes", "meaning": "..."}, ...]}
boost::json::value limits_json(limits const& from);

} // namespace cfgd::cfgctl
