#pragma once

#include <string>
#include <string_view>

namespace CLI { // NOLINT(readability-identifier-naming): the library's
class App;
class ParseError;
} // namespace CLI

/// What is wrong with a command line, for people.
namespace cfgd::cfgctl {

/// The message for an error of CLI11, whose own texts are not used: what is wrong, on the first
/// line; the usage of the command where its arguments are wrong.
std::string usage_text(CLI::App const& app, CLI::ParseError const& why);

/// The command that the command line names; `app` itself if it names none.
CLI::App const& deepest_command(CLI::App const& app);

/// "unknown command 'stauts' (did you mean 'status'?)", for a command below `app`.
std::string unknown_command(CLI::App const& app, std::string_view name);

/// The command of this name, or alias, below `app`; null if there is none.
CLI::App const* command_of(CLI::App const& app, std::string const& name);

} // namespace cfgd::cfgctl
