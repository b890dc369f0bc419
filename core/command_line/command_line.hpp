#pragma once

#include <CLI/Error.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace CLI { // NOLINT(readability-identifier-naming): the library's
class App;
class Option;
} // namespace CLI

/// What is wrong with a command line, for people: the same words in all programs. Library
/// cfgd_command_line.
namespace cfgd {

/// The command line is wrong. `text` is printed as it is, behind the command's name.
class wrong_words : public CLI::ParseError {
 public:
  explicit wrong_words(std::string const& text)
      : CLI::ParseError(text, CLI::ExitCodes::ValidationError) {}
};

/// The first of the names of an option: "-n" of "-n,--limit".
inline std::string first_name(std::string_view names) {
  return std::string(names.substr(0, names.find(',')));
}

/// An option whose value is one of `words`.
CLI::Option* add_choice(CLI::App* to, char const* name, std::string& into,
                        std::vector<std::string> words, char const* help);

/// The message for an error of CLI11, whose own texts are not used: what is wrong, on the first
/// line; the usage of the command where its arguments are wrong.
std::string usage_text(CLI::App const& app, CLI::ParseError const& why);

/// Prints what ends a program without commands early: the help or the version on standard output,
/// else what is wrong on standard error. The exit code of sysexits.h.
int report_end(CLI::App const& app, CLI::ParseError const& why);

/// The command that the command line names; `app` itself if it names none.
CLI::App const& deepest_command(CLI::App const& app);

/// "unknown command 'stauts' (did you mean 'status'?)", for a command below `app`.
std::string unknown_command(CLI::App const& app, std::string_view name);

/// The command of this name, or alias, below `app`; null if there is none.
CLI::App const* command_of(CLI::App const& app, std::string const& name);

} // namespace cfgd
