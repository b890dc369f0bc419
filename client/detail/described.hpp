#pragma once

#include "client/health_types.hpp"
#include "client/history_types.hpp"
#include "client/types.hpp"

#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// The types of calls, described: which members they have and what those are called on the wire.
///
/// A member is called on the wire as here, in camelCase: start_time is "startTime". Lists, objects
/// and std::optional may be absent, in a call and in a reply. Numbers, texts and booleans of a
/// reply must be there; in a call an empty text is left out. What differs from this has a
/// wire_rule.
namespace cfgd::client {

BOOST_DESCRIBE_STRUCT(origin, (), (layer, path, line, column, uid, revision, gid, pid, unit, time))
BOOST_DESCRIBE_STRUCT(snapshot, (), (values, missing, revision))
BOOST_DESCRIBE_STRUCT(candidate, (), (from, value, locked))
BOOST_DESCRIBE_STRUCT(key_lock, (), (above, path, line, reason))
BOOST_DESCRIBE_STRUCT(explanation, (),
                      (value, candidates, schema, secret, writable, revision, read_only, lock))
BOOST_DESCRIBE_STRUCT(issue, (), (severity, rule, key, pointer, message, path, line, column))
BOOST_DESCRIBE_STRUCT(refusal, (), (issues, more))
BOOST_DESCRIBE_STRUCT(transaction, (),
                      (values, unset, if_revision, mode, comment, confirm, expire, spelling,
                       text_elements, until_applied))
BOOST_DESCRIBE_STRUCT(hidden_value, (), (key, from, by, unset, removed))
BOOST_DESCRIBE_STRUCT(override_key, (), (key, value, from, soft, hides, hidden, locked))
BOOST_DESCRIBE_STRUCT(commit, (), (revision, changed, warnings, deadline, hides, hidden))
BOOST_DESCRIBE_STRUCT(validation, (), (valid, issues))
BOOST_DESCRIBE_STRUCT(pending_change, (),
                      (revision, kind, deadline, keys, uid, comment, until_applied))
BOOST_DESCRIBE_STRUCT(edit_outcome, (), (revision, changed, issues))
BOOST_DESCRIBE_STRUCT(service_status, (),
                      (version, pid, start_time, status, ready, degraded, revision, namespaces,
                       connections, watchers, fallback, pending, edit_deadline, overrides, hidden,
                       hidden_since, state_directory, store_id))
BOOST_DESCRIBE_STRUCT(source_file, (),
                      (path, name_space, layer, state, message, line, column, revision, size, watch,
                       kind, issues, keys, overridden))
BOOST_DESCRIBE_STRUCT(namespace_cache, (), (entries, bytes, hits, misses, invalidations))
BOOST_DESCRIBE_STRUCT(key_rotation, (), (key, records, old))
BOOST_DESCRIBE_STRUCT(access_right, (), (key, operation, allowed, reason, entry))
BOOST_DESCRIBE_STRUCT(access_report, (), (uid, rights))
BOOST_DESCRIBE_STRUCT(user_use, (),
                      (uid, connections, maximum_connections, read_bytes, call_bytes, queued_bytes,
                       maximum_bytes, paused, refused))
BOOST_DESCRIBE_STRUCT(usage_report, (),
                      (connections, maximum_connections, bytes, maximum_bytes, users))
BOOST_DESCRIBE_STRUCT(cache_stats, (), (namespaces, bytes, maximum_bytes, evictions))
BOOST_DESCRIBE_STRUCT(consumer_failure, (), (revision, message, time))
BOOST_DESCRIBE_STRUCT(consumer, (),
                      (name, state, uid, pid, unit, prefixes, delivered, applied, since, failure))
BOOST_DESCRIBE_STRUCT(wait_result, (), (applied, waiting))
BOOST_DESCRIBE_STRUCT(watch_event, (),
                      (values, removed, revision, from, ready, resync, without_effect, store_id))

BOOST_DESCRIBE_STRUCT(key_origins, (), (from, lines))
BOOST_DESCRIBE_STRUCT(change, (),
                      (revision, time, from, pid, unit, comment, created, updated, deleted, before,
                       after, warnings, origins))
BOOST_DESCRIBE_STRUCT(log_query, (), (prefix, after, since, limit, detail, before))
BOOST_DESCRIBE_STRUCT(change_log, (), (changes, oldest, damaged))
BOOST_DESCRIBE_STRUCT(difference, (), (before, after, secrets))
BOOST_DESCRIBE_STRUCT(past_values, (), (values, missing))
BOOST_DESCRIBE_STRUCT(blame_line, (), (key, value, from, pid, unit, time, comment))
BOOST_DESCRIBE_STRUCT(blame_report, (), (lines, damaged))
BOOST_DESCRIBE_STRUCT(rollback_request, (),
                      (revision, name_space, if_revision, mode, comment, confirm, kind,
                       until_applied))
BOOST_DESCRIBE_STRUCT(restore_request, (), (overrides, mode, comment))

BOOST_DESCRIBE_STRUCT(health_check, (), (name, status, message, details, duration, time))
BOOST_DESCRIBE_STRUCT(health_report, (), (status, checks))
BOOST_DESCRIBE_STRUCT(problem, (),
                      (id, kind, message, source, recoverable, recovery, time, count, context,
                       last_time, resolved))
BOOST_DESCRIBE_STRUCT(problem_report, (), (problems, counts, critical))
BOOST_DESCRIBE_STRUCT(problem_query, (), (kind, limit))
BOOST_DESCRIBE_STRUCT(duration_histogram, (), (bounds, counts, sum))
BOOST_DESCRIBE_STRUCT(figure, (), (name, kind, labels, value, histogram))

namespace detail {

/// Whether a member has to be there: in a reply, or in a call although it is empty.
enum class presence : std::uint8_t { by_type, optional, required };

/// How one member differs from the rule above.
struct wire_rule {
  std::string_view member;
  std::string_view name = {}; ///< on the wire; empty: the member's own in camelCase
  presence when = presence::by_type;
};

/// Of members of these names in every struct that has no rule of its own for them.
inline constexpr std::array common_rules{wire_rule{"from", "origin"},
                                         wire_rule{"name_space", "namespace"},
                                         wire_rule{"value", "values"},
                                         wire_rule{"mode", "dryRun"},
                                         wire_rule{"confirm", "confirmSeconds"},
                                         wire_rule{"expire", "expireSeconds"},
                                         wire_rule{"duration", "durationMs"}};

/// A list that is the answer has to be there.
constexpr wire_rule required(std::string_view member) {
  return {.member = member, .when = presence::required};
}
/// In older services.
constexpr wire_rule optional(std::string_view member) {
  return {.member = member, .when = presence::optional};
}

template <class T>
inline constexpr std::array<wire_rule, 0> wire_rules{};

template <>
inline constexpr std::array wire_rules<transaction>{wire_rule{"spelling", "text"}};
template <>
inline constexpr std::array wire_rules<explanation>{required("candidates")};
template <>
inline constexpr std::array wire_rules<refusal>{optional("more")};
template <>
inline constexpr std::array wire_rules<service_status>{required("namespaces")};
template <>
inline constexpr std::array wire_rules<source_file>{optional("kind")};
template <>
inline constexpr std::array wire_rules<cache_stats>{required("namespaces")};
template <>
inline constexpr std::array wire_rules<watch_event>{optional("ready"), optional("resync")};
template <>
inline constexpr std::array wire_rules<log_query>{wire_rule{"after", "afterRevision"},
                                                  wire_rule{"before", "beforeRevision"},
                                                  wire_rule{"detail", "values"}};
template <>
inline constexpr std::array wire_rules<change_log>{required("changes")};
template <>
inline constexpr std::array wire_rules<blame_report>{required("lines")};
template <>
inline constexpr std::array wire_rules<rollback_request>{wire_rule{"kind", "soft"}};
template <>
inline constexpr std::array wire_rules<restore_request>{required("overrides")};
template <>
inline constexpr std::array wire_rules<health_report>{required("checks")};
template <>
inline constexpr std::array wire_rules<problem_report>{required("problems"), required("counts")};
template <>
inline constexpr std::array wire_rules<figure>{wire_rule{"value", "value"}};

/// snake_case to camelCase. The result ends with NULs where underscores were.
template <std::size_t Size>
consteval std::array<char, Size> camel_case(std::string_view name) {
  std::array<char, Size> out{};
  std::size_t end = 0;
  bool upper = false;
  for (char const each : name) {
    if (each != '_') out[end++] = upper ? static_cast<char>(each - 'a' + 'A') : each;
    upper = each == '_';
  }
  return out;
}

/// One member of the described type T: `Member` is its Boost.Describe descriptor.
template <class T, class Member>
class wire_member {
  static constexpr std::string_view own_name = Member::name;
  static constexpr std::array<char, own_name.size() + 1> camel =
      camel_case<own_name.size() + 1>(own_name);

  static constexpr wire_rule rule() {
    for (wire_rule const& each : wire_rules<T>)
      if (each.member == own_name) return each;
    for (wire_rule const& each : common_rules)
      if (each.member == own_name) return each;
    return {own_name};
  }

 public:
  static constexpr std::string_view name =
      rule().name.empty() ? std::string_view(camel.data()) : rule().name;
  static constexpr presence when = rule().when;
};

template <class T>
using members_of = boost::describe::describe_members<T, boost::describe::mod_public>;

/// Calls `what(member, name, presence)` with each member of `object`, in the described order.
template <class T, class Object, class Function>
constexpr void for_each_member(Object& object, Function&& what) {
  boost::mp11::mp_for_each<members_of<T>>([&]<class Member>(Member) {
    using wire = wire_member<T, Member>;
    what(object.*Member::pointer, wire::name, wire::when);
  });
}

} // namespace detail
} // namespace cfgd::client
