#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>

/// Values in the formats of `get -o` and `edit --format yaml`. All end with a newline.
namespace cfgd::cfgctl {

/// A YAML 1.2 document in block style. Texts that YAML could take for something else are quoted.
std::string yaml_text(boost::json::value const& what);

/// One line for each leaf, a dotted key and its value: TOML 1.0.
std::string toml_text(boost::json::object const& by_key);

/// One line for each leaf, NAME=value as shells and EnvironmentFile= of systemd read it. The parts
/// of the key are joined by two underscores, in capitals; arrays are JSON.
std::string env_text(boost::json::object const& by_key);

/// A text as it is, anything else as compact JSON.
std::string raw_text(boost::json::value const& what);

} // namespace cfgd::cfgctl
