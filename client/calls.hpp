#pragma once

#include "call_error.hpp"
#include "health_types.hpp"
#include "history_types.hpp"
#include "types.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::client {

/// The methods of the service as functions, the same for both kinds of connection. `Answer<T>` is
/// result<T> for `connection`, which waits, and awaitable_result<T> for `async_connection`.
///
/// Arguments are read before a function returns, and need not live longer, also where an awaitable
/// is returned. Results own what they hold. Each call ends within the time limit of the connection.
///
/// Errors of every function: unreachable (async_connection only), timed_out, closed, protocol, and
/// refused, whose name says why: io.cfgd.Config.BadKey, .NoSuchNamespace, .LimitExceeded,
/// .InternalError, org.varlink.service.PermissionDenied, and those named at a function.
///
/// In get(), get_value(), list(), get_at() and explain() a key may lead into an array:
/// "site.navigation[0].url". An index without an element is BadKey, with the number of elements.
template <class Connection, template <class> class Answer>
class calls {
 public:
  // Reading

  /// The effective values of `keys`. A key may name a namespace, a subtree or a single value.
  [[nodiscard]] Answer<snapshot> get(std::vector<std::string> const& keys);
  /// The effective value of one key; absent if it has none.
  [[nodiscard]] Answer<std::optional<boost::json::value>> get_value(std::string_view key);
  /// The leaves at and below `prefix`, in key order; without a prefix, everything that the caller
  /// may read. All of one revision.
  [[nodiscard]] Answer<snapshot> list(std::string_view prefix);
  [[nodiscard]] Answer<snapshot> list() { return list({}); }
  /// Every layer that sets `key`, the winner first, and the schema that governs it.
  [[nodiscard]] Answer<explanation> explain(std::string_view key);
  /// What schemas and rules say about `document` as if it were the effective one of `name_space`;
  /// without a document (or null), about the effective one.
  [[nodiscard]] Answer<validation> validate(std::string_view name_space,
                                            boost::json::object const* document);
  [[nodiscard]] Answer<validation> validate(std::string_view name_space) {
    return validate(name_space, nullptr);
  }

  // Changing

  /// Changes the override layer, all of it or nothing. Returns when the change is durable.
  /// refused: Invalid (refusal_of() has the issues), RevisionMismatch, ReadOnly, StoreFailed.
  ///
  /// A key may lead into an array: "site.navigation[0].url" sets a member of an element, or unsets
  /// it, and "site.navigation[+]" appends an element. The array is read, changed, and set as a
  /// whole on the condition that nothing changed meanwhile, else again, up to ten times. If the
  /// array itself changed meanwhile, an index may mean another element: RevisionMismatch.
  [[nodiscard]] Answer<commit> set(transaction const& what);
  /// Removes keys from the override layer, so that the layers below show again. Otherwise as set().
  [[nodiscard]] Answer<commit> unset(std::vector<std::string> keys);
  /// The keys at and below `prefix` that are set in the override layer, and what each hides.
  [[nodiscard]] Answer<std::vector<override_key>> list_overrides(std::string_view prefix);
  [[nodiscard]] Answer<std::vector<override_key>> list_overrides() { return list_overrides({}); }
  /// Waits until every file edit made before the call is effective or was rejected. The revision
  /// then.
  [[nodiscard]] Answer<revision_number> sync();

  /// Pending changes: those that are undone unless confirmed, or that expire; the next one first.
  [[nodiscard]] Answer<std::vector<pending_change>> list_pending();
  /// Makes a pending change permanent. refused: NoSuchPending.
  [[nodiscard]] Answer<void> confirm(revision_number revision);
  /// Moves the deadline of a pending change to `time` from now. The new deadline, RFC 3339.
  /// refused: NoSuchPending.
  [[nodiscard]] Answer<std::string> extend(revision_number revision, std::chrono::seconds time);
  /// Ends the edit of several files that is under way, whoever began it, on a connection other than
  /// the one that began it. refused: NoEdit.
  [[nodiscard]] Answer<edit_outcome> end_edit();

  // Consumers: programs that watch with watch_options::consumer

  /// Says that a consumer has applied everything up to `revision`, or (`ok` false) could not, and
  /// why. On any connection of the consumer's user. refused: NoSuchConsumer, NotDelivered.
  [[nodiscard]] Answer<void> acknowledge(std::string_view consumer, revision_number revision,
                                         bool ok = true, std::string_view message = {});
  [[nodiscard]] Answer<std::vector<consumer>> consumers();
  /// Waits until every consumer that `revision` concerns, or each of `names`, has applied it; ends
  /// early when one fails, and after `time`. Absent: after 30 seconds, or earlier if the
  /// connection's time limit is not longer; `time` must be shorter than that. refused:
  /// RevisionMismatch (the service has not reached it), NoSuchConsumer.
  [[nodiscard]] Answer<wait_result> wait_applied(revision_number revision,
                                                 std::vector<std::string> const& names,
                                                 std::optional<std::chrono::seconds> time);
  [[nodiscard]] Answer<wait_result> wait_applied(revision_number revision) {
    return wait_applied(revision, {}, {});
  }
  /// Forgets a consumer that is absent. refused: NoSuchConsumer.
  [[nodiscard]] Answer<void> forget_consumer(std::string_view name);

  // History

  /// Changes, the newest first, ten unless the query has a limit. refused: BadTime.
  [[nodiscard]] Answer<change_log> log(log_query const& query);
  [[nodiscard]] Answer<change_log> log() { return log({}); }
  /// The values at and below `prefix` that differ between two revisions; `to` is the current one if
  /// absent. refused: NoSuchRevision.
  [[nodiscard]] Answer<difference> diff(revision_number from, std::optional<revision_number> to,
                                        std::string_view prefix);
  [[nodiscard]] Answer<difference> diff(revision_number from, revision_number to) {
    return diff(from, to, {});
  }
  [[nodiscard]] Answer<difference> diff(revision_number from) { return diff(from, {}, {}); }
  /// Values as they were. refused: NoSuchRevision.
  [[nodiscard]] Answer<past_values> get_at(std::vector<std::string> const& keys,
                                           revision_number revision);
  /// Makes the effective values what they were, as a new revision.
  /// refused: NoSuchRevision, Invalid, RevisionMismatch, StoreFailed.
  [[nodiscard]] Answer<commit> rollback(rollback_request const& what);
  /// For each key of a namespace the change that gave it its value.
  [[nodiscard]] Answer<blame_report> blame(std::string_view name_space);
  /// Replaces the whole override layer. refused: Invalid, StoreFailed.
  [[nodiscard]] Answer<commit> restore(restore_request const& what);
  /// Deletes all changes but the newest `keep` from history. The oldest revision that is left.
  [[nodiscard]] Answer<revision_number> compact(std::int64_t keep);

  // The service

  [[nodiscard]] Answer<service_status> status();
  /// Every file that the service reads, with its state.
  [[nodiscard]] Answer<std::vector<source_file>> sources();
  /// Reads all files and settings again. The revision then. refused: BadSettings.
  [[nodiscard]] Answer<revision_number> reload();
  /// Seals the secrets in the store with a new key. refused: KeyIsCredential, StoreFailed.
  [[nodiscard]] Answer<key_rotation> rotate_key();
  /// What a user may do; without `user` the caller. Without `key` the list has the service itself
  /// and every namespace that the caller may read. refused: PermissionDenied, NoSuchUser, BadKey.
  [[nodiscard]] Answer<access_report> access(std::optional<std::string> user = {},
                                             std::optional<std::string> key = {});
  /// Who uses what: all users for administrators, for others themselves.
  [[nodiscard]] Answer<usage_report> usage();
  [[nodiscard]] Answer<cache_stats> cache();
  /// Drops cache entries of a namespace, or of all. Their number.
  [[nodiscard]] Answer<std::int64_t> invalidate(std::string_view name_space);
  [[nodiscard]] Answer<std::int64_t> invalidate() { return invalidate({}); }
  /// Fills the cache for a namespace, or for all. The number of entries.
  [[nodiscard]] Answer<std::int64_t> warm(std::string_view name_space);
  [[nodiscard]] Answer<std::int64_t> warm() { return warm({}); }
  /// The latest result of every health check.
  [[nodiscard]] Answer<health_report> health();
  /// Runs the named checks now, or all. refused: NoSuchCheck.
  [[nodiscard]] Answer<health_report> run_checks(std::vector<std::string> const& names);
  [[nodiscard]] Answer<health_report> run_checks() { return run_checks({}); }
  /// Recorded errors, the newest first.
  [[nodiscard]] Answer<problem_report> problems(problem_query const& query);
  [[nodiscard]] Answer<problem_report> problems() { return problems({}); }
  [[nodiscard]] Answer<void> clear_problems();
  /// All figures, as data.
  [[nodiscard]] Answer<std::vector<figure>> figures();
  /// All figures as OpenMetrics text.
  [[nodiscard]] Answer<std::string> metrics();

  // Introspection

  /// Names of the Varlink interfaces.
  [[nodiscard]] Answer<std::vector<std::string>> interfaces();
  /// The text of an interface. refused: org.varlink.service.InterfaceNotFound.
  [[nodiscard]] Answer<std::string> introspect(std::string_view interface);

 protected:
  calls() = default;
  calls(calls const&) = default;
  calls& operator=(calls const&) = default;
  ~calls() = default;

 private:
  Connection& self();
};

} // namespace cfgd::client
