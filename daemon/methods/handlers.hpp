#pragma once

#include "daemon/methods/context.hpp"
#include "daemon/methods/method_row.hpp"

#include <memory>
#include <string>
#include <string_view>

/// The handlers of all methods, by interface; each answers its call, at once or later. Parameters
/// were checked against the interface: what is declared is there and has its type. The right was
/// checked by the dispatcher: handlers ask for none.
namespace cfgd::methods {

/// What handlers of large requests need of their parameters, made on another thread: readers of the
/// table of methods.
std::shared_ptr<void> read_get(ipc::call const& asked);
std::shared_ptr<void> read_set(ipc::call const& asked, limits const& bounds);
std::shared_ptr<void> read_validate(ipc::call const& asked);
std::shared_ptr<void> read_past_keys(ipc::call const& asked);
/// For methods of which only the right takes long.
inline std::shared_ptr<void> read_nothing(ipc::call const& /*asked*/) { return nullptr; }

/// Who asks: for work on another thread, which is dropped when the connection ends. Takes the
/// call's responder::on_closed().
asker asker_of(method_context& with, authorized_call const& asked);

// io.cfgd.Config
void get_values(method_context& with, authorized_call const& asked);
/// The key of a Get of one key that needs no escapes.
std::string_view quick_key(std::string_view parameters);
/// Get of such a key, from ready bytes.
bool get_quickly(method_context& with, std::string_view key_text, caller const& by,
                 std::string& reply);
void list_values(method_context& with, authorized_call const& asked);
void explain_key(method_context& with, authorized_call const& asked);
void set_values(method_context& with, authorized_call const& asked);
void list_overrides(method_context& with, authorized_call const& asked);
void list_pending(method_context& with, authorized_call const& asked);
void confirm_pending(method_context& with, authorized_call const& asked);
void extend_pending(method_context& with, authorized_call const& asked);
void validate_namespace(method_context& with, authorized_call const& asked);
void watch_values(method_context& with, authorized_call const& asked);
/// Makes a Watch one of the consumer that it names, if it does. False: it was refused.
bool begin_consumer(method_context& with, authorized_call const& asked,
                    watches::subscription& what);
void acknowledge_revision(method_context& with, authorized_call const& asked);
void list_consumers(method_context& with, authorized_call const& asked);
void wait_applied(method_context& with, authorized_call const& asked);
void forget_consumer(method_context& with, authorized_call const& asked);
void sync_files(method_context& with, authorized_call const& asked);
void begin_edit(method_context& with, authorized_call const& asked);
void end_edit(method_context& with, authorized_call const& asked);

// io.cfgd.History
void read_log(method_context& with, authorized_call const& asked);
void compare_revisions(method_context& with, authorized_call const& asked);
void get_past_values(method_context& with, authorized_call const& asked);
void roll_back(method_context& with, authorized_call const& asked);
void blame_namespace(method_context& with, authorized_call const& asked);
void restore_overrides(method_context& with, authorized_call const& asked);
void compact_history(method_context& with, authorized_call const& asked);

// io.cfgd.Service
void show_status(method_context& with, authorized_call const& asked);
void list_sources(method_context& with, authorized_call const& asked);
void reload_service(method_context& with, authorized_call const& asked);
void show_health(method_context& with, authorized_call const& asked);
void run_checks(method_context& with, authorized_call const& asked);
void watch_health(method_context& with, authorized_call const& asked);
void list_problems(method_context& with, authorized_call const& asked);
void clear_problems(method_context& with, authorized_call const& asked);
void show_cache(method_context& with, authorized_call const& asked);
void invalidate_cache(method_context& with, authorized_call const& asked);
void warm_cache(method_context& with, authorized_call const& asked);
void show_access(method_context& with, authorized_call const& asked);
void rotate_key(method_context& with, authorized_call const& asked);
void show_metrics(method_context& with, authorized_call const& asked);
void show_figures(method_context& with, authorized_call const& asked);
void show_usage(method_context& with, authorized_call const& asked);

// io.systemd.service
void ping(method_context& with, authorized_call const& asked);
void reload_for_systemd(method_context& with, authorized_call const& asked);
void set_log_level(method_context& with, authorized_call const& asked);
void get_log_level(method_context& with, authorized_call const& asked);

} // namespace cfgd::methods
