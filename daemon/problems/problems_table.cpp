#include "daemon/problems/problems_table.hpp"

#include "core/message_ids.hpp"

#include <algorithm>
#include <array>
#include <utility>

// Every error that is reported is a row here: whether the service can continue, and how it does. A
// line of the log and the problem that is kept of it are one decision, and its MESSAGE_ID (with
// CFGD_KIND, where several rows have the same) joins them; a test checks that there is a row for
// every warning and error that any part of the service writes.

namespace cfgd {
namespace {

using lg = log::level;
using enum problem_kind;
using enum lasting;

constexpr bool recoverable = true;
constexpr bool fatal = false;

constexpr std::string_view kept = "its last good content stays effective";

constexpr std::array table{
    // Files.
    situation{"source_unreadable", message_id::source_quarantined, parse, lg::warning, recoverable,
              file, "sources", kept},
    situation{"source_refused", message_id::source_quarantined, validation, lg::warning,
              recoverable, file, "sources", kept},
    situation{"schema_refused", message_id::source_quarantined, schema, lg::warning, recoverable,
              file, "sources", kept},
    situation{"source_untrusted", message_id::source_blocked, permission, lg::warning, recoverable,
              file, "sources", kept},
    situation{"source_unavailable", message_id::source_blocked, watch, lg::warning, recoverable,
              file, "sources", kept},
    situation{"source_noted", message_id::source_noted, validation, lg::warning, recoverable, event,
              "sources", "the file is effective"},
    situation{"variable_ignored", message_id::variable_ignored, parse, lg::warning, recoverable,
              process, "environment", "ignoring it"},
    situation{"settings_faulty", message_id::settings_faulty, parse, lg::warning, recoverable,
              process, "cfgd.toml", "keeping the previous settings"},
    situation{"access_name_unknown", message_id::access_name_unknown, permission, lg::warning,
              recoverable, process, "access files", "the name matches nobody"},
    // Changes.
    situation{"change_warned", message_id::change_warned, validation, lg::warning, recoverable,
              event, "rules", "the change was made"},
    situation{"change_stuck", message_id::change_stuck, validation, lg::warning, recoverable, event,
              "pending changes", "retrying"},
    // Watching.
    situation{"not_watched", message_id::not_watched, watch, lg::warning, recoverable, process,
              "watches", "polling instead"},
    situation{"too_many_sources", message_id::too_many_sources, watch, lg::warning, recoverable,
              process, "sources", "the files above the limit are ignored"},
    situation{"start_slow", message_id::start_slow, watch, lg::warning, recoverable, event,
              "sources", "the values of the last run are served, or clients wait"},
    // The store and what is made of it.
    situation{"store_failed", message_id::store_failed, store, lg::error, recoverable, process,
              "store", "it is opened again"},
    situation{"store_damaged", message_id::store_damaged, store, lg::error, recoverable, event,
              "store", "the damaged store is kept aside, and a new one is used"},
    situation{"record_mended", message_id::record_mended, store, lg::warning, recoverable, event,
              "store", "the service continues with what was repaired"},
    situation{"record_lost", message_id::record_lost, store, lg::error, recoverable, event, "store",
              "the service continues without it"},
    situation{"store_lost", message_id::store_lost, store, lg::error, recoverable, event, "store",
              "nothing is acknowledged until a new store is made from memory"},
    situation{"not_recorded", message_id::not_recorded, store, lg::error, recoverable, process,
              "sources", "retrying"},
    situation{"committer_silent", message_id::committer_silent, store, lg::warning, recoverable,
              process, "store", "the watchdog is not notified until it answers"},
    situation{"cache_unfilled", message_id::cache_unfilled, cache, lg::warning, recoverable, event,
              "cache", "the call failed with an error; other calls are served from memory"},
    situation{"problems_unreadable", message_id::problems_unreadable, store, lg::warning,
              recoverable, event, "problems", "continuing without the earlier problems"},
    situation{"file_unwritten", message_id::file_unwritten, store, lg::warning, recoverable,
              process, "state", "retrying with the next change"},
    // Clients.
    situation{"call_refused", message_id::call_refused, permission, lg::warning, recoverable, event,
              "clients", "nothing was changed, and the caller received an error"},
    situation{"call_failed", message_id::call_failed, internal, lg::error, recoverable, event,
              "clients", "the caller received an error; other calls are not affected"},
    situation{"client_cut_off", message_id::client_cut_off, protocol, lg::warning, recoverable,
              event, "clients",
              "it received an error if possible and was disconnected; others are served"},
    situation{"credential_refused", message_id::credential_refused, permission, lg::warning,
              recoverable, event, "units", "the unit gets an empty credential"},
    situation{"consumer_failed", message_id::consumer_failed, internal, lg::warning, recoverable,
              process, "consumers", "it keeps what it has applied before"},
    situation{"consumer_late", message_id::consumer_late, internal, lg::warning, recoverable,
              process, "consumers", "it keeps what it has applied before"},
    situation{"user_floods", message_id::user_floods, network, lg::warning, recoverable, event,
              "clients", "the user is slowed down or refused; the others are served"},
    situation{"not_accepting", message_id::not_accepting, network, lg::warning, recoverable, event,
              "sockets", "retrying"},
    situation{"socket_unusable", message_id::socket_unusable, network, lg::warning, recoverable,
              process, "sockets", "closing it"},
    // The service itself.
    situation{"check_critical", message_id::check_critical, internal, lg::error, recoverable,
              process, "checks", "the service continues and repeats the check"},
    situation{"check_warning", message_id::check_warning, internal, lg::warning, recoverable,
              process, "checks", "the service continues and repeats the check"},
    situation{"log_lines_lost", message_id::log_lines_lost, internal, lg::warning, recoverable,
              process, "journal",
              "lost lines are counted; the number is logged when the journal accepts lines again"},
    situation{"task_ended", message_id::task_ended, internal, lg::error, fatal, process, "service",
              "the service exits and is restarted"},
    situation{"start_failed", message_id::start_failed, internal, lg::error, fatal, process,
              "service", "the service exited and is restarted"},
    situation{"stopped_by_fault", message_id::stopped_by_fault, internal, lg::error, fatal, process,
              "service", "the service exited and is restarted"},
};

constexpr std::array<std::string_view, problem_kinds> kinds{
    "parse", "schema",     "validation", "store",   "cache",
    "watch", "permission", "protocol",   "network", "internal"};

} // namespace

std::string_view to_string(problem_kind which) { return kinds.at(static_cast<std::size_t>(which)); }

std::optional<problem_kind> parse_problem_kind(std::string_view text) {
  auto const* const found = std::find(kinds.begin(), kinds.end(), text);
  if (found == kinds.end()) return std::nullopt;
  return static_cast<problem_kind>(found - kinds.begin());
}

std::span<situation const> situations() { return table; }

situation const* find_situation(std::string_view name) {
  auto const* const found = std::ranges::find(table, name, &situation::name);
  return found == table.end() ? nullptr : found;
}

situation const* find_situation(std::string_view message_id, std::string_view kind) {
  situation const* first = nullptr;
  for (auto const& one : table) {
    if (one.message_id != message_id) continue;
    if (to_string(one.kind) == kind) return &one;
    if (first == nullptr) first = &one;
  }
  return first;
}

} // namespace cfgd
