#pragma once

#include "core/document.hpp"
#include "core/error.hpp"
#include "core/limits.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Rules over the effective values of several namespaces: Lua 5.4 expressions in TOML files. No
/// I/O.
namespace cfgd::rules {

/// One [[rule]] of a file.
struct rule {
  std::string name = {}; ///< unique in all files
  severity how = severity::error;
  std::string check = {}; ///< a Lua expression; the rule holds unless it is false or nil
  std::string key = {};   ///< the key that the rule is about; may be empty
  std::string message = {};
  std::string path = {}; ///< of its file
  place where = {};      ///< of `check` in it

  friend bool operator==(rule const&, rule const&) = default;
};

/// Reads the rules of a file and checks the syntax of each expression. `path` is for messages.
/// Errors: invalid (with the place of the first issue; `issues` has all, up to limits::issues, and
/// `used` their number). A file with an invalid rule has no rules at all.
[[nodiscard]] result<std::vector<rule>> read(sourced_document const& document,
                                             std::string const& path, limits const& bounds);

/// The values that a rule can read. The functions are called while a rule runs, on its thread; what
/// they throw ends the run and is thrown by engine::run.
struct world {
  /// The effective value of a namespace, which must be an object; null: no such namespace. It must
  /// stay valid until the run has ended.
  std::function<boost::json::value const*(std::string_view name_space)> value;
  /// Whether the value at `path` in the namespace is a secret: a rule can see that it exists, but
  /// not read it.
  std::function<bool(std::string_view name_space, std::span<std::string const> path)> is_secret;
};

/// The result of one rule.
struct verdict {
  enum class kind : std::uint8_t {
    holds,
    fails,
    broken,  ///< the expression failed or exceeded a limit; `message` says why
    unknown, ///< a namespace that it needs does not exist (`message` names it)
  };
  kind what = kind::holds;
  std::string message = {};
  /// The namespaces that the rule has read, including those that do not exist.
  std::set<std::string, std::less<>> read = {};
};

/// Runs rules. Each run has a Lua state of its own with assert, error, find, ipairs, matches, next,
/// pairs, select, tonumber, tostring, type, and those functions of string, math and table that have
/// no side effects and return the same for the same arguments. Namespaces are global variables, and
/// members of `ns` for names that are not Lua names or are names of functions.
///
/// Text: matches(text, regex) -> boolean; find(text, regex, from) -> first byte, last byte, groups
/// or nil; string.find(text, part, from, true) finds plain text. string.match, gmatch and gsub fail
/// with a message that names the replacement.
///
/// A run is bounded by limits::rule_instructions (work that Lua does not count is counted as
/// instructions), limits::rule_bytes, limits::pattern_steps for one search of a regular expression,
/// and 500 ms of processor time. Regular expressions take up to 2 MiB, and one search up to
/// limits::rule_bytes, besides. Not thread-safe.
class engine {
 public:
  explicit engine(limits const& bounds);
  ~engine();
  engine(engine const&) = delete;
  engine& operator=(engine const&) = delete;

  /// Throws only std::bad_alloc and what the functions of `over` throw.
  verdict run(rule const& which, world const& over);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::rules
