#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>

/// Values in the formats of `get -o`, `edit --format yaml` and of the files of `promote`. All end
/// with a newline.
namespace cfgd::cfgctl {

/// A YAML 1.2 document in block style. Texts that YAML could take for something else are quoted.
std::string yaml_text(boost::json::value const& what);

/// One line for each leaf, a dotted key and its value: TOML 1.0.
std::string toml_text(boost::json::object const& by_key);

/// Who reads variables. For shells, arrays are JSON in quotes, which a source has as strings.
enum class variable_reader : std::uint8_t { shell, source };

/// One line for each leaf, NAME=value as shells and EnvironmentFile= of systemd read it. The parts
/// of the key are joined by two underscores, in capitals; arrays are JSON. A string that a source
/// would have as a number or a boolean is in quotes.
std::string env_text(boost::json::object const& by_key,
                     variable_reader reader = variable_reader::shell);

/// The document of an .ini file: a line for each value, and a section for each object. The format
/// has no arrays; they are written as JSON, which is read back as a string.
std::string ini_text(boost::json::object const& document);

/// A text as it is, anything else as compact JSON.
std::string raw_text(boost::json::value const& what);

} // namespace cfgd::cfgctl
