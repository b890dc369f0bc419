#pragma once

#include "client/detail/described.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The methods of the service: one row each, with the struct of its call and that of its reply.
///
/// A new method is a row here, its two structs if none fits, and, where programs should have it as
/// a function, one in calls.hpp.
namespace cfgd::client::detail {

/// Whether a method is called with 'more'.
enum class replies : std::uint8_t {
  one,
  parts,  ///< with 'more'; the replies are parts of one, which the client puts together
  stream, ///< with 'more'; each reply is for itself
};

template <class Request, class Reply>
struct method {
  using request = Request;
  using reply = Reply;

  std::string_view name; ///< qualified, as in a call; a literal
  replies answer = replies::one;

  constexpr std::string_view interface() const { return name.substr(0, name.rfind('.')); }
};

// Structs of calls. Those that users fill in are in the public headers. These are read before the
// function that got them returns, so that they may point to its arguments.

struct nothing {};
struct keys_request {
  std::vector<std::string> const* keys = nullptr;
};
struct prefix_request {
  std::string_view prefix;
};
struct key_request {
  std::string_view key;
};
struct namespace_request {
  std::string_view name_space;
};
struct interface_request {
  std::string_view interface;
};
struct validate_request {
  std::string_view name_space;
  boost::json::object const* document = nullptr;
};
struct revision_request {
  revision_number revision = 0;
};
struct extend_request {
  revision_number revision = 0;
  std::chrono::seconds seconds{0};
};
struct access_request {
  std::optional<std::string> user;
  std::optional<std::string> key;
};
struct edit_request {
  std::optional<std::chrono::seconds> seconds;
};
struct watch_request {
  std::vector<std::string> const* prefixes = nullptr;
  std::optional<revision_number> after_revision;
  std::optional<bool> hidden = {};
  std::optional<std::string> store_id = {};
  std::optional<bool> secrets = {};
  std::optional<std::string> consumer = {};
};
struct acknowledge_request {
  std::string_view consumer;
  revision_number revision = 0;
  bool ok = true;
  std::string_view message;
};
struct wait_request {
  revision_number revision = 0;
  std::vector<std::string> const* consumers = nullptr;
  std::optional<std::chrono::seconds> seconds;
};
struct consumer_request {
  std::string_view consumer;
};
struct diff_request {
  revision_number from = 0;
  std::optional<revision_number> to;
  std::string_view prefix;
};
struct get_at_request {
  std::vector<std::string> const* keys = nullptr;
  revision_number revision = 0;
};
struct compact_request {
  std::int64_t keep = 0;
};
struct checks_request {
  std::vector<std::string> const* names = nullptr;
};

// Replies of one field. A function of the client gives the field alone; it has to be there.

struct revision_reply {
  revision_number revision = 0;
};
struct oldest_reply {
  revision_number oldest = 0;
};
struct entries_reply {
  std::int64_t entries = 0;
};
struct deadline_reply {
  std::string deadline;
};
struct text_reply {
  std::string text;
};
struct description_reply {
  std::string description;
};
struct interfaces_reply {
  std::vector<std::string> interfaces;
};
struct pending_reply {
  std::vector<pending_change> pending;
};
struct overrides_reply {
  std::vector<override_key> overrides;
};
struct consumers_reply {
  std::vector<consumer> consumers;
};
struct sources_reply {
  std::vector<source_file> sources;
};
struct figures_reply {
  std::vector<figure> figures;
};

BOOST_DESCRIBE_STRUCT(nothing, (), ())
BOOST_DESCRIBE_STRUCT(keys_request, (), (keys))
BOOST_DESCRIBE_STRUCT(prefix_request, (), (prefix))
BOOST_DESCRIBE_STRUCT(key_request, (), (key))
BOOST_DESCRIBE_STRUCT(namespace_request, (), (name_space))
BOOST_DESCRIBE_STRUCT(interface_request, (), (interface))
BOOST_DESCRIBE_STRUCT(validate_request, (), (name_space, document))
BOOST_DESCRIBE_STRUCT(revision_request, (), (revision))
BOOST_DESCRIBE_STRUCT(extend_request, (), (revision, seconds))
BOOST_DESCRIBE_STRUCT(access_request, (), (user, key))
BOOST_DESCRIBE_STRUCT(edit_request, (), (seconds))
BOOST_DESCRIBE_STRUCT(watch_request, (),
                      (prefixes, after_revision, hidden, store_id, secrets, consumer))
BOOST_DESCRIBE_STRUCT(acknowledge_request, (), (consumer, revision, ok, message))
BOOST_DESCRIBE_STRUCT(wait_request, (), (revision, consumers, seconds))
BOOST_DESCRIBE_STRUCT(consumer_request, (), (consumer))
BOOST_DESCRIBE_STRUCT(diff_request, (), (from, to, prefix))
BOOST_DESCRIBE_STRUCT(get_at_request, (), (keys, revision))
BOOST_DESCRIBE_STRUCT(compact_request, (), (keep))
BOOST_DESCRIBE_STRUCT(checks_request, (), (names))

BOOST_DESCRIBE_STRUCT(revision_reply, (), (revision))
BOOST_DESCRIBE_STRUCT(oldest_reply, (), (oldest))
BOOST_DESCRIBE_STRUCT(entries_reply, (), (entries))
BOOST_DESCRIBE_STRUCT(deadline_reply, (), (deadline))
BOOST_DESCRIBE_STRUCT(text_reply, (), (text))
BOOST_DESCRIBE_STRUCT(description_reply, (), (description))
BOOST_DESCRIBE_STRUCT(interfaces_reply, (), (interfaces))
BOOST_DESCRIBE_STRUCT(pending_reply, (), (pending))
BOOST_DESCRIBE_STRUCT(overrides_reply, (), (overrides))
BOOST_DESCRIBE_STRUCT(consumers_reply, (), (consumers))
BOOST_DESCRIBE_STRUCT(sources_reply, (), (sources))
BOOST_DESCRIBE_STRUCT(figures_reply, (), (figures))

template <>
inline constexpr std::array wire_rules<keys_request>{required("keys")};
template <>
inline constexpr std::array wire_rules<get_at_request>{required("keys")};
template <>
inline constexpr std::array wire_rules<diff_request>{wire_rule{"from", "from"}};
template <>
inline constexpr std::array wire_rules<interfaces_reply>{required("interfaces")};
template <>
inline constexpr std::array wire_rules<pending_reply>{required("pending")};
template <>
inline constexpr std::array wire_rules<overrides_reply>{required("overrides")};
template <>
inline constexpr std::array wire_rules<consumers_reply>{required("consumers")};
template <>
inline constexpr std::array wire_rules<sources_reply>{required("sources")};
template <>
inline constexpr std::array wire_rules<figures_reply>{required("figures")};

namespace methods {

inline constexpr method<keys_request, snapshot> get{"io.cfgd.Config.Get"};
inline constexpr method<prefix_request, snapshot> list{"io.cfgd.Config.List", replies::parts};
inline constexpr method<key_request, explanation> explain{"io.cfgd.Config.Explain"};
inline constexpr method<transaction, commit> set{"io.cfgd.Config.Set"};
inline constexpr method<nothing, revision_reply> sync{"io.cfgd.Config.Sync"};
inline constexpr method<validate_request, validation> validate{"io.cfgd.Config.Validate"};
inline constexpr method<nothing, pending_reply> list_pending{"io.cfgd.Config.ListPending"};
inline constexpr method<prefix_request, overrides_reply> list_overrides{
    "io.cfgd.Config.ListOverrides", replies::parts};
inline constexpr method<revision_request, nothing> confirm{"io.cfgd.Config.Confirm"};
inline constexpr method<extend_request, deadline_reply> extend{"io.cfgd.Config.Extend"};
inline constexpr method<watch_request, watch_event> watch{"io.cfgd.Config.Watch", replies::stream};
inline constexpr method<acknowledge_request, nothing> acknowledge{"io.cfgd.Config.Acknowledge"};
inline constexpr method<nothing, consumers_reply> consumers{"io.cfgd.Config.Consumers"};
inline constexpr method<wait_request, wait_result> wait_applied{"io.cfgd.Config.WaitApplied"};
inline constexpr method<consumer_request, nothing> forget_consumer{"io.cfgd.Config.ForgetConsumer"};
/// Its first reply is a deadline_reply.
inline constexpr method<edit_request, edit_outcome> begin_edit{"io.cfgd.Config.BeginEdit",
                                                               replies::stream};
inline constexpr method<nothing, edit_outcome> end_edit{"io.cfgd.Config.EndEdit"};

inline constexpr method<log_query, change_log> log{"io.cfgd.History.Log", replies::parts};
inline constexpr method<diff_request, difference> diff{"io.cfgd.History.Diff"};
inline constexpr method<get_at_request, past_values> get_at{"io.cfgd.History.GetAt"};
inline constexpr method<rollback_request, commit> rollback{"io.cfgd.History.Rollback"};
inline constexpr method<namespace_request, blame_report> blame{"io.cfgd.History.Blame"};
inline constexpr method<restore_request, commit> restore{"io.cfgd.History.Restore"};
inline constexpr method<compact_request, oldest_reply> compact{"io.cfgd.History.Compact"};

inline constexpr method<nothing, service_status> status{"io.cfgd.Service.Status"};
inline constexpr method<nothing, sources_reply> sources{"io.cfgd.Service.Sources", replies::parts};
inline constexpr method<nothing, revision_reply> reload{"io.cfgd.Service.Reload"};
inline constexpr method<nothing, key_rotation> rotate_key{"io.cfgd.Service.RotateKey"};
inline constexpr method<access_request, access_report> access{"io.cfgd.Service.Access"};
inline constexpr method<nothing, usage_report> usage{"io.cfgd.Service.Usage"};
inline constexpr method<nothing, cache_stats> cache{"io.cfgd.Service.CacheStats"};
inline constexpr method<namespace_request, entries_reply> invalidate{"io.cfgd.Service.Invalidate"};
inline constexpr method<namespace_request, entries_reply> warm{"io.cfgd.Service.Warm"};
inline constexpr method<nothing, health_report> health{"io.cfgd.Service.Health"};
inline constexpr method<checks_request, health_report> run_checks{"io.cfgd.Service.RunChecks"};
inline constexpr method<nothing, health_report> watch_health{"io.cfgd.Service.WatchHealth",
                                                             replies::stream};
inline constexpr method<problem_query, problem_report> problems{"io.cfgd.Service.Problems"};
inline constexpr method<nothing, nothing> clear_problems{"io.cfgd.Service.ClearProblems"};
inline constexpr method<nothing, text_reply> metrics{"io.cfgd.Service.Metrics"};
inline constexpr method<nothing, figures_reply> figures{"io.cfgd.Service.Figures"};

inline constexpr method<nothing, interfaces_reply> interfaces{"org.varlink.service.GetInfo"};
inline constexpr method<interface_request, description_reply> introspect{
    "org.varlink.service.GetInterfaceDescription"};

} // namespace methods
} // namespace cfgd::client::detail
