#pragma once

#include "cfgctl/context.hpp"

namespace CLI { // NOLINT(readability-identifier-naming): the library's
class App;
}

/// The families of commands. Each file declares the options of its commands and runs them;
/// commands/declare.hpp has what the declarations share.
namespace cfgd::cfgctl {

/// Where commands are declared.
struct declarations {
  CLI::App& app;
  action& chosen; ///< set to the command that the command line names
};

// In the order of `cfgctl --help`.
void add_read_commands(declarations const& to);     ///< get, list, explain
void add_watch_command(declarations const& to);     ///< watch
void add_wait_command(declarations const& to);      ///< wait
void add_validate_command(declarations const& to);  ///< validate
void add_export_command(declarations const& to);    ///< export
void add_env_commands(declarations const& to);      ///< env, exec
void add_change_commands(declarations const& to);   ///< set, unset
void add_layer_commands(declarations const& to);    ///< overrides, promote
void add_edit_commands(declarations const& to);     ///< edit KEY, edit begin, edit end
void add_file_commands(declarations const& to);     ///< apply, import
void add_pending_commands(declarations const& to);  ///< pending, confirm, extend
void add_consumers_command(declarations const& to); ///< consumers
void add_log_commands(declarations const& to);      ///< log, show
void add_history_commands(declarations const& to);  ///< diff, rollback, blame, compact
void add_service_commands(declarations const& to);  ///< sync, status, sources, reload, cache, key
void add_access_command(declarations const& to);    ///< access
void add_target_commands(declarations const& to);   ///< targets, render
void add_health_commands(declarations const& to);   ///< health, problems, metrics
void add_top_command(declarations const& to);       ///< top
void add_doctor_command(declarations const& to);    ///< doctor
void add_limits_command(declarations const& to);    ///< limits
void add_varlink_commands(declarations const& to);  ///< call, interfaces, introspect
// Without the service.
void add_check_command(declarations const& to);   ///< check
void add_init_command(declarations const& to);    ///< init
void add_adopt_command(declarations const& to);   ///< adopt
void add_schema_command(declarations const& to);  ///< schema
void add_backup_commands(declarations const& to); ///< backup, restore

} // namespace cfgd::cfgctl
