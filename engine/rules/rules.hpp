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
  std::string check = {}; ///< a Lua expression; the rule holds if it is neither false nor nil
  std::string key = {};   ///< what it is about; may be empty
  std::string message = {};
  std::string path = {}; ///< of its file
  place where = {};      ///< of `check` in it

  friend bool operator==(rule const&, rule const&) = default;
};

/// Reads what a file of rules says, and compiles each check to see whether it is one.
/// Errors: invalid (with the place; `issues` has all of them).
[[nodiscard]] result<std::vector<rule>> read(sourced_document const& document,
                                             std::string const& path, limits const& bounds);

/// The world that a rule sees. Called while a rule runs.
struct world {
  /// The effective value of a namespace, an object; null: there is none. Must stay until the rule
  /// has run.
  std::function<boost::json::value const*(std::string_view name_space)> value;
  /// Whether the value at that path of the namespace is a secret: a rule sees that there is one and
  /// nothing of it.
  std::function<bool(std::string_view name_space, std::span<std::string const> path)> is_secret;
};

/// What became of one rule.
struct verdict {
  enum class kind : std::uint8_t {
    holds,
    fails,
    broken,  ///< the expression made an error, or took too much; `message` says what
    unknown, ///< it needs a namespace that is not there (`message` names it)
  };
  kind what = kind::holds;
  std::string message = {};
  /// The namespaces that it read, there or not.
  std::set<std::string, std::less<>> read = {};
};

/// Runs rules, each in a state of its own that knows assert, error, ipairs, next, pairs, select,
/// tonumber, tostring, type, and of string, math and table what has no effect and always gives the
/// same. Namespaces are global variables, or members of `ns` where a name is none of a variable or
/// that of a function. Bounded by limits::rule_instructions (work that Lua does not count is
/// counted as instructions), limits::rule_bytes, and half a second of processor time. One thread.
class engine {
 public:
  explicit engine(limits const& bounds);
  ~engine();
  engine(engine const&) = delete;
  engine& operator=(engine const&) = delete;

  /// Never throws but std::bad_alloc, and what the world throws.
  verdict run(rule const& which, world const& over);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::rules
