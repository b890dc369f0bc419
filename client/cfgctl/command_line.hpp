#pragma once

#include "client/cfgctl/exit_code.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The command line as data. CLI11 stays behind this header: it takes long to compile.
namespace cfgd::cfgctl {

enum class color_choice : std::uint8_t { automatic, always, never };
enum class output_format : std::uint8_t { text, json };

struct get_command {
  std::vector<std::string> keys;
};
struct list_command {
  std::string prefix; ///< empty: everything
};
struct explain_command {
  std::string key;
};
/// set and unset.
struct change_command {
  std::vector<std::string> assignments; ///< KEY=VALUE, not yet taken apart
  std::vector<std::string> unset;
  std::string comment;
  std::optional<std::uint64_t> if_revision;
  bool dry_run = false;
};
struct watch_command {
  std::vector<std::string> prefixes;
  std::optional<std::uint64_t> after;
};
struct sync_command {};
struct status_command {};
struct sources_command {};
struct reload_command {};
struct cache_command {
  enum class action : std::uint8_t { stats, invalidate, warm };
  action what = action::stats;
  std::string name_space; ///< empty: all
};
struct call_command {
  enum class mode : std::uint8_t { plain, more, oneway };
  std::string method;
  std::string parameters; ///< JSON text; empty: none
  mode how = mode::plain;
};
struct interfaces_command {};
struct introspect_command {
  std::string interface;
};

using command =
    std::variant<get_command, list_command, explain_command, change_command, watch_command,
                 sync_command, status_command, sources_command, reload_command, cache_command,
                 call_command, interfaces_command, introspect_command>;

struct invocation {
  std::string socket; ///< empty: $CFGD_SOCKET or the system's
  output_format format = output_format::text;
  color_choice color = color_choice::automatic;
  /// Absent: 30 s, and none between the replies of a stream.
  std::optional<std::chrono::milliseconds> time_limit;
  command what;
};

/// Nothing is to be run: help was asked for, or the command line is wrong.
struct early_end {
  exit_code code = exit_code::ok;
  std::string out;
  std::string err;
};

std::variant<invocation, early_end> parse_command_line(int argc, char const* const* argv);

} // namespace cfgd::cfgctl
