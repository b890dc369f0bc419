#pragma once

#include "apply/user.hpp"
#include "core/document.hpp"
#include "core/error.hpp"
#include "core/limits.hpp"
#include "watchers/safe_open.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Targets: what is rendered for another program, as targets/*.toml define it (cfgd.targets(5)).
namespace cfgd::apply {

/// What is done to a unit when its files have changed. Ordered: where targets of one unit differ,
/// the last one is done.
enum class action : std::uint8_t { none, signal, reload, reload_or_restart, try_restart, restart };
/// none, signal, reload, reload-or-restart, try-restart, restart
std::string_view to_string(action which);
std::optional<action> parse_action(std::string_view text);
/// The number of "SIGHUP" or "HUP"; 0: there is no such signal.
int signal_number(std::string_view name);

struct target_file {
  std::string path; ///< absolute, without "." and ".."
  place where;      ///< of the path in the file of the target
  // Either a template, or the value of a key in a format.
  std::string template_name; ///< a file beside those of targets
  std::string template_text;
  std::map<std::string, std::string> partials; ///< that it includes, by name
  std::string format;                          ///< json, yaml, toml, ini, env
  std::string key;                             ///< what is written in that format
  std::vector<std::string> keys;               ///< what the file is rendered from
  uid_t owner = 0;                             ///< default: the program's
  gid_t group = 0;                             ///< default: the program's
  unsigned mode = 0644;
  std::vector<std::string> check; ///< a program and its arguments; "{}" is the new file
};

struct target {
  std::string name; ///< of its file, without ".toml"
  std::string path; ///< of its file
  std::vector<target_file> files;
  std::optional<user> as; ///< writes the files and runs the programs; absent: the program's user
  std::string unit;       ///< empty: none
  apply::action act = action::none;
  std::string signal; ///< SIGHUP; for action::signal
  std::vector<std::string> verify;
  std::chrono::seconds active{0}; ///< after which the unit must be active; 0: not looked at
  std::chrono::seconds limit{30}; ///< of each program, and of the unit's job

  /// All keys that its files are rendered from, each once.
  std::vector<std::string> keys() const;
};

/// Where targets and templates are, in ascending order of precedence.
using target_directories = std::vector<std::filesystem::path>;

/// Reads a target from its document, without templates. Looks up users and groups, which may block.
/// Errors: invalid, with the path as subject, and the place.
[[nodiscard]] result<target> read_target(sourced_document const& document, std::string const& path);

/// All targets by name, with their templates. A file that is faulty is an entry with its error. Two
/// targets that have the same path are both faulty. If a directory cannot be read or is not
/// trusted, its path is the name of the only entry: its files might replace or mask others. Blocks.
using target_map = std::map<std::string, result<target>>;
target_map read_targets(target_directories const& directories, watchers::trust const& trusted,
                        limits const& bounds);
/// Whether it is the name of a directory's error.
bool is_directory(std::string_view name);
/// Adds the targets of `before` to those that were just read, if a directory could not be read.
/// Whether that is so.
bool keep_unreadable(target_map& read, target_map const& before);

} // namespace cfgd::apply
