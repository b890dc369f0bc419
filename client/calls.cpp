/// Every function is a row of methods.hpp and its arguments. What differs between the two kinds of
/// connection is how an answer is waited for: `answer_of`, twice.

#include "client/calls.hpp"

#include "client/async_connection.hpp"
#include "client/connection.hpp"
#include "client/detail/driver_access.hpp"
#include "client/detail/element_change.hpp"
#include "client/detail/methods.hpp"
#include "client/detail/wire.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace asio = boost::asio;

namespace cfgd::client {
namespace {

using namespace detail;

result<std::optional<boost::json::value>> only_value(snapshot&& from) {
  std::optional<boost::json::value> out;
  if (!from.values.empty()) out = std::move(from.values.begin()->value());
  return out;
}

template <class Reply, class Give>
auto decoded(std::string_view method, result<boost::json::object> answer, Give give)
    -> decltype(give(std::declval<Reply>())) {
  if (!answer) return std::move(answer).error();
  auto whole = decode<Reply>(method, std::move(*answer));
  if (!whole) return std::move(whole).error();
  return give(std::move(*whole));
}

/// Adds a part of a reply to `all`.
template <class Reply>
result<void> add_part(std::string_view method, boost::json::object&& part, Reply& all) {
  auto next = decode<Reply>(method, std::move(part));
  if (!next) return std::move(next).error();
  merge(all, std::move(*next));
  return {};
}

// The blocking connection.

template <class Reply, class Give>
auto answer_of(connection& on, std::string_view method, replies expected,
               std::string_view parameters, Give give) {
  using outcome = decltype(give(std::declval<Reply>()));
  if (expected == replies::one) {
    return decoded<Reply>(method, driver_access::call(on, method, parameters), give);
  }
  Reply all;
  auto const take = [&](boost::json::object&& part) {
    return add_part(method, std::move(part), all);
  };
  auto done = driver_access::call_parts(on, method, parameters, take);
  return done ? give(std::move(all)) : outcome(std::move(done).error());
}

// The asynchronous one. Coroutines own their arguments; `method` is a literal.

template <class Reply, class Give, class Outcome = decltype(std::declval<Give>()(Reply()))>
asio::awaitable<Outcome> decoded_later(std::string_view method,
                                       awaitable_result<boost::json::object> answer, Give give) {
  auto received = co_await std::move(answer);
  co_return decoded<Reply>(method, std::move(received), give);
}

template <class Reply, class Give, class Outcome = decltype(std::declval<Give>()(Reply()))>
asio::awaitable<Outcome> collected(async_connection& on, std::string_view method,
                                   awaitable_result<void> beginning, Give give) {
  auto const begun = co_await std::move(beginning);
  if (!begun) co_return begun.error();
  Reply all;
  for (;;) {
    auto part = co_await on.next_reply(on.time_limit());
    if (!part) co_return std::move(part).error();
    if (!*part) co_return give(std::move(all));
    auto added = add_part(method, std::move(**part), all);
    if (!added) {
      on.close();
      co_return std::move(added).error();
    }
  }
}

template <class Reply, class Give>
auto answer_of(async_connection& on, std::string_view method, replies expected,
               std::string_view parameters, Give give) {
  if (expected == replies::one) {
    return decoded_later<Reply>(method, driver_access::call(on, method, parameters), give);
  }
  return collected<Reply>(on, method, driver_access::begin(on, method, parameters), give);
}

template <class Connection, class Method>
auto ask(Connection& on, Method const& what, typename Method::request const& with) {
  using reply = typename Method::reply;
  return answer_of<reply>(on, what.name, what.answer, encode(with), give_result<reply>);
}

// A change of elements of arrays, for both.

result<commit> set_elements(connection& on, transaction const& what) {
  auto change = element_change::parse(what);
  if (!change) return change.error();
  for (;;) {
    auto const found = on.get(change->arrays());
    if (!found) return found.error();
    auto const now = change->apply(*found);
    if (!now) return now.error();
    auto done = ask(on, methods::set, *now);
    if (done || !change->retries(done.error())) return done;
  }
}

asio::awaitable<result<commit>> set_elements(async_connection& on, transaction what) {
  auto change = element_change::parse(std::move(what));
  if (!change) co_return change.error();
  for (;;) {
    auto reading = on.get(change->arrays());
    auto const found = co_await std::move(reading);
    if (!found) co_return found.error();
    auto const now = change->apply(*found);
    if (!now) co_return now.error();
    auto setting = ask(on, methods::set, *now);
    auto done = co_await std::move(setting);
    if (done || !change->retries(done.error())) co_return done;
  }
}

/// How long the service is to wait, so that its answer comes within the connection's time limit.
template <class Connection>
std::optional<std::chrono::seconds> wait_time(Connection& on,
                                              std::optional<std::chrono::seconds> asked) {
  constexpr std::chrono::seconds usual{30};
  constexpr std::chrono::seconds margin{5};
  auto const limit = std::chrono::floor<std::chrono::seconds>(on.time_limit());
  if (asked || limit.count() == 0 || limit >= usual + margin) return asked;
  return std::max(limit - margin, std::chrono::seconds(1));
}

} // namespace

template <class Connection, template <class> class Answer>
Connection& calls<Connection, Answer>::self() {
  return static_cast<Connection&>(*this);
}

template <class Connection, template <class> class Answer>
Answer<snapshot> calls<Connection, Answer>::get(std::vector<std::string> const& keys) {
  return ask(self(), methods::get, {&keys});
}

template <class Connection, template <class> class Answer>
Answer<std::optional<boost::json::value>>
calls<Connection, Answer>::get_value(std::string_view key) {
  std::vector<std::string> const keys{std::string(key)};
  return answer_of<snapshot>(self(), methods::get.name, methods::get.answer,
                             encode(keys_request{&keys}), only_value);
}

template <class Connection, template <class> class Answer>
Answer<snapshot> calls<Connection, Answer>::list(std::string_view prefix) {
  return ask(self(), methods::list, {prefix});
}

template <class Connection, template <class> class Answer>
Answer<explanation> calls<Connection, Answer>::explain(std::string_view key) {
  return ask(self(), methods::explain, {key});
}

template <class Connection, template <class> class Answer>
Answer<validation> calls<Connection, Answer>::validate(std::string_view name_space,
                                                       boost::json::object const* document) {
  return ask(self(), methods::validate, {name_space, document});
}

template <class Connection, template <class> class Answer>
Answer<commit> calls<Connection, Answer>::set(transaction const& what) {
  if (element_change::is_needed(what)) return set_elements(self(), what);
  return ask(self(), methods::set, what);
}

template <class Connection, template <class> class Answer>
Answer<commit> calls<Connection, Answer>::unset(std::vector<std::string> keys) {
  transaction what;
  what.unset = std::move(keys);
  return set(what);
}

template <class Connection, template <class> class Answer>
Answer<revision_number> calls<Connection, Answer>::sync() {
  return ask(self(), methods::sync, {});
}

template <class Connection, template <class> class Answer>
Answer<std::vector<override_key>>
calls<Connection, Answer>::list_overrides(std::string_view prefix) {
  return ask(self(), methods::list_overrides, {prefix});
}

template <class Connection, template <class> class Answer>
Answer<std::vector<pending_change>> calls<Connection, Answer>::list_pending() {
  return ask(self(), methods::list_pending, {});
}

template <class Connection, template <class> class Answer>
Answer<void> calls<Connection, Answer>::confirm(revision_number revision) {
  return ask(self(), methods::confirm, {revision});
}

template <class Connection, template <class> class Answer>
Answer<std::string> calls<Connection, Answer>::extend(revision_number revision,
                                                      std::chrono::seconds time) {
  return ask(self(), methods::extend, {revision, time});
}

template <class Connection, template <class> class Answer>
Answer<edit_outcome> calls<Connection, Answer>::end_edit() {
  return ask(self(), methods::end_edit, {});
}

template <class Connection, template <class> class Answer>
Answer<void> calls<Connection, Answer>::acknowledge(std::string_view consumer,
                                                    revision_number revision, bool ok,
                                                    std::string_view message) {
  return ask(self(), methods::acknowledge, {consumer, revision, ok, message});
}

template <class Connection, template <class> class Answer>
Answer<std::vector<consumer>> calls<Connection, Answer>::consumers() {
  return ask(self(), methods::consumers, {});
}

template <class Connection, template <class> class Answer>
Answer<wait_result>
calls<Connection, Answer>::wait_applied(revision_number revision,
                                        std::vector<std::string> const& names,
                                        std::optional<std::chrono::seconds> time) {
  return ask(self(), methods::wait_applied, {revision, &names, wait_time(self(), time)});
}

template <class Connection, template <class> class Answer>
Answer<void> calls<Connection, Answer>::forget_consumer(std::string_view name) {
  return ask(self(), methods::forget_consumer, {name});
}

template <class Connection, template <class> class Answer>
Answer<change_log> calls<Connection, Answer>::log(log_query const& query) {
  return ask(self(), methods::log, query);
}

template <class Connection, template <class> class Answer>
Answer<difference> calls<Connection, Answer>::diff(revision_number from,
                                                   std::optional<revision_number> to,
                                                   std::string_view prefix) {
  return ask(self(), methods::diff, {from, to, prefix});
}

template <class Connection, template <class> class Answer>
Answer<past_values> calls<Connection, Answer>::get_at(std::vector<std::string> const& keys,
                                                      revision_number revision) {
  return ask(self(), methods::get_at, {&keys, revision});
}

template <class Connection, template <class> class Answer>
Answer<commit> calls<Connection, Answer>::rollback(rollback_request const& what) {
  return ask(self(), methods::rollback, what);
}

template <class Connection, template <class> class Answer>
Answer<blame_report> calls<Connection, Answer>::blame(std::string_view name_space) {
  return ask(self(), methods::blame, {name_space});
}

template <class Connection, template <class> class Answer>
Answer<commit> calls<Connection, Answer>::restore(restore_request const& what) {
  return ask(self(), methods::restore, what);
}

template <class Connection, template <class> class Answer>
Answer<revision_number> calls<Connection, Answer>::compact(std::int64_t keep) {
  return ask(self(), methods::compact, {keep});
}

template <class Connection, template <class> class Answer>
Answer<service_status> calls<Connection, Answer>::status() {
  return ask(self(), methods::status, {});
}

template <class Connection, template <class> class Answer>
Answer<std::vector<source_file>> calls<Connection, Answer>::sources() {
  return ask(self(), methods::sources, {});
}

template <class Connection, template <class> class Answer>
Answer<revision_number> calls<Connection, Answer>::reload() {
  return ask(self(), methods::reload, {});
}

template <class Connection, template <class> class Answer>
Answer<key_rotation> calls<Connection, Answer>::rotate_key() {
  return ask(self(), methods::rotate_key, {});
}

template <class Connection, template <class> class Answer>
Answer<access_report> calls<Connection, Answer>::access(std::optional<std::string> user,
                                                        std::optional<std::string> key) {
  return ask(self(), methods::access, {std::move(user), std::move(key)});
}

template <class Connection, template <class> class Answer>
Answer<usage_report> calls<Connection, Answer>::usage() {
  return ask(self(), methods::usage, {});
}

template <class Connection, template <class> class Answer>
Answer<cache_stats> calls<Connection, Answer>::cache() {
  return ask(self(), methods::cache, {});
}

template <class Connection, template <class> class Answer>
Answer<std::int64_t> calls<Connection, Answer>::invalidate(std::string_view name_space) {
  return ask(self(), methods::invalidate, {name_space});
}

template <class Connection, template <class> class Answer>
Answer<std::int64_t> calls<Connection, Answer>::warm(std::string_view name_space) {
  return ask(self(), methods::warm, {name_space});
}

template <class Connection, template <class> class Answer>
Answer<health_report> calls<Connection, Answer>::health() {
  return ask(self(), methods::health, {});
}

template <class Connection, template <class> class Answer>
Answer<health_report> calls<Connection, Answer>::run_checks(std::vector<std::string> const& names) {
  return ask(self(), methods::run_checks, {&names});
}

template <class Connection, template <class> class Answer>
Answer<problem_report> calls<Connection, Answer>::problems(problem_query const& query) {
  return ask(self(), methods::problems, query);
}

template <class Connection, template <class> class Answer>
Answer<void> calls<Connection, Answer>::clear_problems() {
  return ask(self(), methods::clear_problems, {});
}

template <class Connection, template <class> class Answer>
Answer<std::string> calls<Connection, Answer>::metrics() {
  return ask(self(), methods::metrics, {});
}

template <class Connection, template <class> class Answer>
Answer<std::vector<std::string>> calls<Connection, Answer>::interfaces() {
  return ask(self(), methods::interfaces, {});
}

template <class Connection, template <class> class Answer>
Answer<std::string> calls<Connection, Answer>::introspect(std::string_view interface) {
  return ask(self(), methods::introspect, {interface});
}

template <class Connection, template <class> class Answer>
Answer<std::vector<figure>> calls<Connection, Answer>::figures() {
  return ask(self(), methods::figures, {});
}

template class calls<connection, result>;
template class calls<async_connection, awaitable_result>;

} // namespace cfgd::client
