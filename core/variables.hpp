#pragma once

#include <boost/json/fwd.hpp>

#include <span>
#include <string>
#include <string_view>

/// Values as environment variables, for programs, shells and EnvironmentFile= of systemd.
namespace cfgd {

/// The parts of a key in capitals, joined by `separator`. What is not an ASCII letter or digit
/// becomes '_'.
std::string variable_name(std::span<std::string const> parts, std::string_view separator);

/// Whether shells and systemd accept it: letters, digits and '_', not a digit first.
bool is_variable_name(std::string_view name);

/// Whether systemd accepts it as a value: no control characters but tab and newline.
bool is_variable_text(std::string_view text);

/// A string as it is, anything else as compact JSON.
std::string variable_text(boost::json::value const& what);

enum class quotes : bool { where_needed, always };
/// The text behind NAME=. sh, also with eval, EnvironmentFile= and the reader of .env files read
/// exactly `text` from it. Nothing is expanded or executed.
std::string quoted_variable(std::string_view text, quotes which = quotes::where_needed);

} // namespace cfgd
