#pragma once

#include "cfgctl/commands/commands.hpp"
#include "cfgctl/text/times.hpp"
#include "client/types.hpp"
#include "core/command_line/command_line.hpp"

#include <CLI/CLI.hpp>

#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

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

/// Throws wrong_words.
client::revision_number parse_revision(std::string const& text);

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

/// An option or positional argument whose value is parsed by `parse`, a function of the text that
/// returns a result. An error becomes a usage error.
template <class T, class Parse>
CLI::Option* add_parsed(CLI::App* to, char const* name, T& into, Parse parse, char const* help) {
  auto const read = [&into, name, parse](std::string const& text) {
    auto const value = parse(text);
    if (!value) throw wrong_words(first_name(name) + ": " + to_string(value.error()));
    into = *value;
  };
  return to->add_option_function<std::string>(name, read, help);
}

/// An option with a whole number of at least `least`.
template <class T>
CLI::Option* add_number(CLI::App* to, char const* name, T& into, char const* help,
                        std::int64_t least = 1) {
  auto const read = [&into, name, least](std::string const& text) {
    std::int64_t number = 0;
    auto const* const end = text.data() + text.size();
    auto const [at, failed] = std::from_chars(text.data(), end, number);
    if (failed != std::errc() || at != end) {
      throw wrong_words(first_name(name) + " wants a number, not '" + text + '\'');
    }
    if (number < least) {
      throw wrong_words(first_name(name) + " wants at least " + std::to_string(least) + ", not " +
                        text);
    }
    into = number;
  };
  return to->add_option_function<std::string>(name, read, help)->type_name("N");
}

/// An option with a number of seconds, with a fraction; between two bounds.
CLI::Option* add_seconds(CLI::App* to, char const* name, double& into, char const* help,
                         std::pair<double, double> bounds);

/// A revision, as the value of an option or as a positional argument.
template <class T>
CLI::Option* add_revision(CLI::App* to, char const* name, T& into, char const* help) {
  auto const read = [&into](std::string const& text) { into = parse_revision(text); };
  return to->add_option_function<std::string>(name, read, help)
      ->type_name(*name == '-' ? "REVISION" : "");
}

/// -n, --limit: how many at most.
inline CLI::Option* add_limit(CLI::App* to, std::optional<std::int64_t>& into) {
  return add_number(to, "-n,--limit", into, "At most this many");
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
