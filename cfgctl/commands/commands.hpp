#pragma once

#include "cfgctl/command_line.hpp"
#include "cfgctl/exit_code.hpp"
#include "cfgctl/text/screen.hpp"

namespace cfgd::cfgctl {

/// What every command needs to know.
struct context {
  invocation const& asked;
  screen where;
};

// Each does what was asked, prints what came of it, and says what to end with. All throw
// output_failed.

exit_code run(context const& all, get_command const& what);
exit_code run(context const& all, list_command const& what);
exit_code run(context const& all, explain_command const& what);
exit_code run(context const& all, watch_command const& what);
exit_code run(context const& all, validate_command const& what);
exit_code run(context const& all, change_command const& what);
exit_code run(context const& all, pending_command const& what);
exit_code run(context const& all, confirm_command const& what);
exit_code run(context const& all, extend_command const& what);
exit_code run(context const& all, edit_command const& what);
exit_code run(context const& all, begin_edit_command const& what);
exit_code run(context const& all, end_edit_command const& what);
exit_code run(context const& all, apply_command const& what);
exit_code run(context const& all, import_command const& what);
exit_code run(context const& all, export_command const& what);
exit_code run(context const& all, log_command const& what);
exit_code run(context const& all, show_command const& what);
exit_code run(context const& all, diff_command const& what);
exit_code run(context const& all, rollback_command const& what);
exit_code run(context const& all, blame_command const& what);
exit_code run(context const& all, compact_command const& what);
exit_code run(context const& all, sync_command const& what);
exit_code run(context const& all, status_command const& what);
exit_code run(context const& all, sources_command const& what);
exit_code run(context const& all, reload_command const& what);
exit_code run(context const& all, cache_command const& what);
exit_code run(context const& all, health_command const& what);
exit_code run(context const& all, problems_command const& what);
exit_code run(context const& all, metrics_command const& what);
exit_code run(context const& all, limits_command const& what);
exit_code run(context const& all, top_command const& what);
exit_code run(context const& all, doctor_command const& what);
exit_code run(context const& all, call_command const& what);
exit_code run(context const& all, interfaces_command const& what);
exit_code run(context const& all, introspect_command const& what);
exit_code run(context const& all, check_command const& what);
exit_code run(context const& all, init_command const& what);
exit_code run(context const& all, schema_command const& what);
exit_code run(context const& all, backup_command const& what);
exit_code run(context const& all, restore_command const& what);

} // namespace cfgd::cfgctl
