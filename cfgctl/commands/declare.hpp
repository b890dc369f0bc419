#pragma once

#include "cfgctl/commands/commands.hpp"
#include "cfgctl/text/times.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

/// Declares commands with CLI11. Includes CLI11, which takes seconds to compile: include this only
/// in files that declare commands.
namespace cfgd::cfgctl {

struct no_options {};

/// A command that is being declared.
template <class Options>
struct declared {
  CLI::App* app;
  Options& options; ///< CLI11 stores here what it parses; lives as long as `app`

  CLI::App* operator->() const { return app; }
};

/// Declares a command below `parent`. If the command line names it, `run` is called with the
/// options.
template <class Options>
declared<Options> declare(CLI::App& parent, action& chosen, char const* name, char const* help,
                          exit_code (*run)(context const& all, Options const& options)) {
  auto const options = std::make_shared<Options>();
  auto* const app = parent.add_subcommand(name, help);
  app->final_callback([&chosen, options, run] {
    chosen = [options, run](context const& all) { return run(all, *options); };
  });
  return {.app = app, .options = *options};
}

template <class Options>
declared<Options> declare(declarations const& to, char const* name, char const* help,
                          exit_code (*run)(context const& all, Options const& options)) {
  return declare(to.app, to.chosen, name, help, run);
}

/// A positional argument: its name alone appears in the help.
template <class T>
CLI::Option* add_argument(CLI::App* to, char const* name, T& into, char const* help) {
  return to->add_option(name, into, help)->type_name("");
}

/// An option with a value, which the help calls `type`.
template <class T>
CLI::Option* add_option(CLI::App* to, char const* name, T& into, char const* type,
                        char const* help) {
  return to->add_option(name, into, help)->type_name(type);
}

/// -n, --limit: how many at most.
inline CLI::Option* add_limit(CLI::App* to, std::optional<std::int64_t>& into) {
  return add_option(to, "-n,--limit", into, "N", "At most this many")->check(CLI::PositiveNumber);
}

/// --format of what is printed.
inline CLI::Option* add_json_format(CLI::App* to, std::string& into) {
  return add_option(to, "--format", into, "FORMAT", "json [json]")->check(CLI::IsMember({"json"}));
}

/// An option or positional argument whose value is parsed by `parse`, a function of the text that
/// returns a result. An error becomes a usage error.
template <class T, class Parse>
CLI::Option* add_parsed(CLI::App* to, char const* name, T& into, Parse parse, char const* help) {
  auto const read = [&into, name, parse](std::string const& text) {
    auto const value = parse(text);
    if (!value) throw CLI::ValidationError(name, to_string(value.error()));
    into = *value;
  };
  return to->add_option_function<std::string>(name, read, help);
}

/// An option whose value is a duration: 60s, 15m, 2h, 1d.
inline CLI::Option* add_duration(CLI::App* to, char const* name,
                                 std::optional<std::chrono::seconds>& into, char const* help) {
  return add_parsed(to, name, into, parse_duration, help)->type_name("DURATION");
}

/// -m, --comment.
inline void add_comment(CLI::App* to, std::string& into) {
  add_option(to, "-m,--comment", into, "TEXT", "Text for the change log");
}

/// --root: the directory of `cfgd --root DIR`.
inline CLI::Option* add_root(CLI::App* to, std::string& into) {
  return add_option(to, "--root", into, "DIR", "The directory of 'cfgd --root'");
}

} // namespace cfgd::cfgctl
