#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What can be asked of cfgctl, as data: one struct for each command.
namespace cfgd::cfgctl {

using revision_number = std::uint64_t;

// Values.

struct get_command {
  std::vector<std::string> keys;
  std::optional<revision_number> at; ///< as they were then
};
struct list_command {
  std::string prefix; ///< empty: everything
};
struct explain_command {
  std::string key;
};
struct watch_command {
  std::vector<std::string> prefixes;
  std::optional<revision_number> after;
  std::vector<std::string> program; ///< run for each change; empty: print
  bool initial = false;             ///< also for the state
};
struct validate_command {
  std::string name_space; ///< empty: all
  std::string file;       ///< empty: what is in force; "-": standard input
};

// Changes.

/// What the commands that change something have in common.
struct change_options {
  std::string comment;
  std::optional<revision_number> if_revision;
  bool dry_run = false;
  std::optional<std::chrono::seconds> confirm;
};
/// set and unset.
struct change_command {
  std::vector<std::string> assignments; ///< KEY=VALUE, not yet taken apart
  std::vector<std::string> unset;
  change_options how;
  std::optional<std::chrono::seconds> expire;
};
struct pending_command {};
struct confirm_command {
  revision_number which = 0;
};
struct extend_command {
  revision_number which = 0;
  std::chrono::seconds time{0};
};
struct edit_command {
  std::string key;
  std::string comment;
};
struct begin_edit_command {
  std::optional<std::chrono::seconds> time;
  bool foreground = false;
  std::vector<std::string> program; ///< empty: none
};
struct end_edit_command {};
struct apply_command {
  enum class action : std::uint8_t { apply, diff };
  action what = action::apply;
  std::string file;   ///< "-": standard input
  std::string format; ///< empty: the file's extension tells
  bool prune = false;
  change_options how;
};
struct import_command {
  std::vector<std::string> files;
  change_options how;
};
struct export_command {
  std::vector<std::string> namespaces; ///< empty: all
  std::string layer = "effective";
};

// History.

struct log_command {
  std::string prefix;
  std::optional<std::int64_t> limit;
  std::string since; ///< RFC 3339
  std::optional<revision_number> after;
  bool values = false;
};
struct show_command {
  revision_number which = 0;
};
struct diff_command {
  revision_number from = 0;
  std::optional<revision_number> to; ///< absent: now
  std::string prefix;
};
struct rollback_command {
  revision_number to = 0;
  std::string name_space; ///< empty: all
  change_options how;
};
struct blame_command {
  std::string name_space;
};
struct compact_command {
  std::int64_t keep = 0;
};

// The service.

struct sync_command {};
struct status_command {};
struct sources_command {};
struct reload_command {};
struct cache_command {
  enum class action : std::uint8_t { stats, invalidate, warm };
  action what = action::stats;
  std::string name_space; ///< empty: all
};
struct health_command {
  std::vector<std::string> checks; ///< empty: all
  bool run = false;
};
struct problems_command {
  std::string kind; ///< empty: all
  std::optional<std::int64_t> limit;
  bool open = false;
  bool clear = false;
};
struct metrics_command {};
struct limits_command {};
struct top_command {
  std::chrono::milliseconds interval{2'000};
  bool once = false; ///< one frame as text
};
struct doctor_command {
  std::string root; ///< empty: the system's
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

// Files, without the service.

struct check_command {
  std::string root;
  std::string vendor; ///< these two instead of root, or one of them
  std::string etc;
  bool strict = false;            ///< warnings count as errors
  std::vector<std::string> files; ///< empty: all of the tree
};

struct init_command {
  std::string directory;
};
struct schema_command {
  std::string name_space;
  std::string from; ///< a document; empty: what is in force
};
/// backup and restore: where the store is.
struct state_options {
  std::string state; ///< empty: of `root`, or the system's
  std::string root;
};
struct backup_command {
  std::string file;
  state_options where;
};
struct restore_command {
  enum class mode : std::uint8_t { automatic, offline, online };
  std::string file;
  state_options where;
  mode how = mode::automatic;
  bool discard = false;
  bool dry_run = false;
  std::string comment;
};

using command =
    std::variant<get_command, list_command, explain_command, watch_command, validate_command,
                 change_command, pending_command, confirm_command, extend_command, edit_command,
                 begin_edit_command, end_edit_command, apply_command, import_command,
                 export_command, log_command, show_command, diff_command, rollback_command,
                 blame_command, compact_command, sync_command, status_command, sources_command,
                 reload_command, cache_command, health_command, problems_command, metrics_command,
                 limits_command, top_command, doctor_command, call_command, interfaces_command,
                 introspect_command, check_command, init_command, schema_command, backup_command,
                 restore_command>;

} // namespace cfgd::cfgctl
