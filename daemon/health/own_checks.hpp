#pragma once

#include "core/document.hpp"
#include "core/limits.hpp"
#include "daemon/health/result.hpp"
#include "daemon/health/settings.hpp"
#include "engine/rules/rules.hpp"
#include "watchers/safe_open.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// Checks that an administrator or a package adds by files (cfgd.checks(5)).
namespace cfgd::health {

/// One [[check]] of a file.
struct own_check {
  /// A Lua expression over namespaces, as in rules; it must hold.
  struct rule {
    rules::rule what;
    friend bool operator==(rule const&, rule const&) = default;
  };
  /// A socket that must accept a connection: of this machine, nothing else.
  struct socket {
    std::string path = {};    ///< of a Unix socket; or
    std::string address = {}; ///< "127.0.0.1", "::1", with
    std::uint16_t port = 0;
    friend bool operator==(socket const&, socket const&) = default;
  };
  /// A file that must be there, and perhaps not be too old.
  struct file {
    std::string path;
    std::optional<std::chrono::seconds> younger_than;
    friend bool operator==(file const&, file const&) = default;
  };

  std::string name = {};
  pace how = {};
  state severity = state::critical; ///< what a failure is
  std::string message = {};         ///< of a failure; empty: what was found
  std::variant<rule, socket, file> what = {};

  friend bool operator==(own_check const&, own_check const&) = default;
};

/// Reads what a file of checks says; `general` is the pace of those that say nothing of their own.
/// Errors: invalid (with the place).
[[nodiscard]] result<std::vector<own_check>> read_checks(sourced_document const& document,
                                                         std::string const& path,
                                                         pace const& general, limits const& bounds);

/// The files of the directories of checks, by file name ("site.toml"). A file of a later directory
/// replaces the one of the same name in an earlier directory; a link to /dev/null masks it.
struct check_file {
  std::string path;
  result<std::vector<own_check>> checks;
};
using check_files = std::map<std::string, check_file>;

/// Reads every trusted *.toml. A directory that does not exist has none; one that is not trusted is
/// an entry of its own name with that error. Files must be owned by root or by `trusted`. Blocks:
/// not for the loop.
check_files read_check_files(std::vector<std::filesystem::path> const& directories,
                             watchers::trust const& trusted, pace const& general,
                             limits const& bounds);

/// Decides which checks are effective: of a file that is faulty now, those of its last good
/// content. No I/O.
class own_checks {
 public:
  static constexpr std::size_t most = 64;

  struct is_effective {
    std::vector<own_check> checks;
    /// Files with their faults, by the name of the check that reports them: "checks/site.toml".
    std::map<std::string, error> faults;
  };
  /// Takes what read_check_files() has returned. A name that a built-in check or an earlier file
  /// has is a fault of the later file.
  is_effective take(check_files const& found);

 private:
  std::map<std::string, std::vector<own_check>> good_;
};

/// Connects to a socket and closes it. Blocks for at most `patience`: not for the loop.
finding try_socket(own_check::socket const& which, std::chrono::milliseconds patience);
/// Checks that a file exists and how old it is at `now`. Blocks: not for the loop.
finding look_at_file(own_check::file const& which, wall_time now);
/// The finding for the verdict of a rule; `severity` is that of a failure.
finding evaluate_rule(rules::verdict const& said, state severity);

/// Gives a failure the severity and the message of its check; the original message becomes the
/// detail `reason`.
finding as_reported(finding found, own_check const& by);

} // namespace cfgd::health
