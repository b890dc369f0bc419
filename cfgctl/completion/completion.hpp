#pragma once

#include "cfgctl/context.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace CLI { // NOLINT(readability-identifier-naming): the library's
class App;
}

/// What shells offer for the last word of a command line. Everything is decided here: the scripts
/// of the shells print the result of `cfgctl complete -- WORDS...`.
namespace cfgd::cfgctl {

/// A whole word that the last one may become. Nothing follows one that ends with '=' or '.' until
/// it is longer.
struct suggestion {
  std::string word;
  std::string description = {}; ///< may be empty
};

/// What is not known from the command line alone.
enum class live_words : std::uint8_t {
  none,
  namespaces,
  keys,        ///< the next part of a key
  assignments, ///< KEY=VALUE: the next part of a key, then values that its schema names
  value,       ///< of `completion::key`
  overrides,   ///< keys of the override layer
  revisions,
  pending,
  checks,
  targets,
  consumers,
  interfaces,
  methods,
  files, ///< the shell knows them
  directories,
};

/// The result for the words of a command line.
struct completion {
  std::string word;   ///< the part of the last word that is completed
  std::string before; ///< the part before it, which stays: "--format="
  live_words ask = live_words::none;
  std::string key;                    ///< for live_words::value
  std::vector<suggestion> fixed = {}; ///< known from the declarations
  std::string socket = {};            ///< --socket and --root of the command line
  std::string root = {};
};

/// `words` are those behind the program's name; the last one is completed and may be empty. `app`
/// is not parsed.
completion completion_of(CLI::App& app, std::vector<std::string> const& words);

/// What the service and the directories say. Silent: nothing where there is no answer within
/// 200 ms in all.
std::vector<suggestion> live_suggestions(context const& all, completion const& what);

/// The words of a command line of a shell, behind the program's name.
struct shell_words {
  std::vector<std::string> words;
  std::size_t kept = 0;   ///< bytes of the last word that the shell does not replace
  bool is_quoted = false; ///< the last word ends within quotes
};

/// `breaks`: the characters at which the shell begins a word that it completes, COMP_WORDBREAKS.
shell_words split_line(std::string_view line, std::string_view breaks);

} // namespace cfgd::cfgctl
