#include "daemon/methods/method_table.hpp"

#include "daemon/methods/handlers.hpp"
#include "daemon/methods/scopes.hpp"

// Which right a method needs, and on which namespaces. A test of label lint compares this table
// with the interfaces and with docs/protocol.md.

namespace cfgd {

std::vector<method_row> method_table(method_context& with) {
  using namespace methods;
  using handler = void (*)(method_context&, authorized_call const&);
  auto const by = [&with](handler serve) {
    return [&with, serve](authorized_call const& asked) { serve(with, asked); };
  };
  auto const get_quick = [&with](std::string_view key_text, caller const& who, std::string& reply) {
    return get_quickly(with, key_text, who, reply);
  };
  auto const can_queue = [&with](ipc::peer const& from) { return with.writer.has_room(from.uid); };
  // On another thread, which may go on longer than `with`.
  auto const read_change = [bounds = with.bounds](ipc::call const& asked) {
    return read_set(asked, bounds);
  };
  auto const of_pending = namespaces_of_pending(with.values, with.access);
  return {
      {"io.cfgd.Config.Get",
       right::read,
       of_keys,
       by(get_values),
       {quick_key, get_quick},
       {},
       read_get},
      {"io.cfgd.Config.List", right::read, of_prefix, by(list_values)},
      {"io.cfgd.Config.Explain", right::read, of_key, by(explain_key)},
      {"io.cfgd.Config.Set", right::write, of_change, by(set_values), {}, can_queue, read_change},
      {"io.cfgd.Config.ListOverrides", right::read, of_prefix, by(list_overrides)},
      {"io.cfgd.Config.ListPending", right::read, everything, by(list_pending)},
      {"io.cfgd.Config.Confirm", right::write, of_pending, by(confirm_pending)},
      {"io.cfgd.Config.Extend", right::write, of_pending, by(extend_pending)},
      {"io.cfgd.Config.Validate",
       right::read,
       of_namespace,
       by(validate_namespace),
       {},
       {},
       read_validate},
      {"io.cfgd.Config.Watch", right::read, of_prefixes, by(watch_values), {}, {}, read_nothing},
      {"io.cfgd.Config.Acknowledge", right::none, nothing, by(acknowledge_revision)},
      {"io.cfgd.Config.Consumers", right::read, everything, by(list_consumers)},
      {"io.cfgd.Config.WaitApplied", right::read, everything, by(wait_applied)},
      {"io.cfgd.Config.ForgetConsumer", right::none, nothing, by(forget_consumer)},
      {"io.cfgd.Config.Sync", right::none, nothing, by(sync_files)},
      {"io.cfgd.Config.BeginEdit", right::admin, nothing, by(begin_edit)},
      {"io.cfgd.Config.EndEdit", right::admin, nothing, by(end_edit)},

      {"io.cfgd.History.Log", right::read, of_prefix, by(read_log)},
      {"io.cfgd.History.Diff", right::read, of_prefix, by(compare_revisions)},
      {"io.cfgd.History.GetAt", right::read, of_keys, by(get_past_values), {}, {}, read_past_keys},
      {"io.cfgd.History.Rollback", right::rollback, of_namespace, by(roll_back)},
      {"io.cfgd.History.Blame", right::read, of_namespace, by(blame_namespace)},
      {"io.cfgd.History.Restore", right::admin, everything, by(restore_overrides)},
      {"io.cfgd.History.Compact", right::admin, nothing, by(compact_history)},

      {"io.cfgd.Service.Status", right::none, nothing, by(show_status)},
      {"io.cfgd.Service.Health", right::none, nothing, by(show_health)},
      {"io.cfgd.Service.RunChecks", right::admin, nothing, by(run_checks)},
      {"io.cfgd.Service.WatchHealth", right::none, nothing, by(watch_health)},
      {"io.cfgd.Service.Problems", right::none, nothing, by(list_problems)},
      {"io.cfgd.Service.ClearProblems", right::admin, nothing, by(clear_problems)},
      {"io.cfgd.Service.Sources", right::read, everything, by(list_sources)},
      {"io.cfgd.Service.Reload", right::admin, nothing, by(reload_service)},
      {"io.cfgd.Service.CacheStats", right::none, nothing, by(show_cache)},
      {"io.cfgd.Service.Invalidate", right::admin, nothing, by(invalidate_cache)},
      {"io.cfgd.Service.Warm", right::admin, nothing, by(warm_cache)},
      {"io.cfgd.Service.Access", right::none, nothing, by(show_access)},
      {"io.cfgd.Service.RotateKey", right::admin, nothing, by(rotate_key)},
      {"io.cfgd.Service.Metrics", right::none, nothing, by(show_metrics)},
      {"io.cfgd.Service.Figures", right::none, nothing, by(show_figures)},
      {"io.cfgd.Service.Usage", right::none, nothing, by(show_usage)},

      {"io.systemd.service.Ping", right::none, nothing, by(ping)},
      {"io.systemd.service.Reload", right::admin, nothing, by(reload_for_systemd)},
      {"io.systemd.service.SetLogLevel", right::admin, nothing, by(set_log_level)},
      {"io.systemd.service.GetLogLevel", right::none, nothing, by(get_log_level)},
  };
}

} // namespace cfgd
