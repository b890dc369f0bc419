#pragma once

#include "core/error.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Values as environment variables.
namespace cfgd::cfgctl {

struct variable {
  std::string key; ///< with the namespace
  std::string name;
  std::string text; ///< arrays are JSON
};

struct variable_names {
  std::string_view prefix = {};
  std::string_view separator = "_";
  /// Whether names begin with the key that was asked for, or below it.
  enum class start : std::uint8_t { key, below } from = start::below;
};

/// The values in and below the keys of `values`, in their order. With start::below a key
/// that is a single value has the name of its last part.
/// Errors, with the key: bad_key (two keys have one name, or it is not valid, as it begins with a
/// digit), bad_value (control characters, which systemd does not accept).
[[nodiscard]] result<std::vector<variable>> variables_of(boost::json::object const& values,
                                                         variable_names const& names);

/// A line NAME=VALUE for each, for `eval` of a shell and for EnvironmentFile=.
std::string environment_text(std::vector<variable> const& variables);

} // namespace cfgd::cfgctl
