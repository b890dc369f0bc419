/// The asynchronous client's calls that are made now and then; see connection_history.cpp.
///
/// None of the public functions is a coroutine but where one has to wait in the middle: call() and
/// begin() read their arguments at once, so that nobody's argument has to live longer.

#include "client/async_connection.hpp"
#include "client/detail/decode.hpp"
#include "client/detail/decode_later.hpp"
#include "client/detail/failures.hpp"

#include <boost/json/value.hpp>

#include <utility>

namespace asio = boost::asio;

namespace cfgd::client {
namespace {

using detail::decoded_later;

result<std::string> read_deadline(boost::json::object&& from) {
  return detail::decode_text(std::move(from), "deadline");
}

/// The first reply of an edit, when `beginning` has sent the call.
asio::awaitable<result<std::string>> first_deadline(async_connection& service,
                                                    asio::awaitable<result<void>> beginning,
                                                    std::chrono::milliseconds limit) {
  auto const begun = co_await std::move(beginning);
  if (!begun) co_return begun.error();
  auto reply = co_await service.next_reply(limit);
  if (!reply) co_return std::move(reply).error();
  if (!*reply) co_return detail::closed("the service began no edit");
  co_return read_deadline(std::move(**reply));
}

} // namespace

asio::awaitable<result<validation>>
async_connection::validate(std::string_view name_space, boost::json::object const* document) {
  return decoded_later<validation>(
      call("io.cfgd.Config.Validate", detail::validate_parameters(name_space, document)),
      detail::decode_validation);
}

asio::awaitable<result<std::vector<pending_change>>> async_connection::list_pending() {
  return decoded_later<std::vector<pending_change>>(call("io.cfgd.Config.ListPending"),
                                                    detail::decode_pending);
}

asio::awaitable<result<void>> async_connection::confirm(revision_number revision) {
  return decoded_later<void>(call("io.cfgd.Config.Confirm", detail::revision_parameters(revision)),
                             detail::decode_nothing);
}

asio::awaitable<result<std::string>> async_connection::extend(revision_number revision,
                                                              std::chrono::seconds time) {
  return decoded_later<std::string>(
      call("io.cfgd.Config.Extend", detail::extend_parameters(revision, time)), read_deadline);
}

asio::awaitable<result<change_log>> async_connection::log(log_query const& query) {
  return decoded_later<change_log>(call("io.cfgd.History.Log", detail::parameters_of(query)),
                                   detail::decode_log);
}

asio::awaitable<result<difference>> async_connection::diff(revision_number from,
                                                           std::optional<revision_number> to,
                                                           std::string_view prefix) {
  return decoded_later<difference>(
      call("io.cfgd.History.Diff", detail::diff_parameters(from, to, prefix)),
      detail::decode_difference);
}

asio::awaitable<result<past_values>> async_connection::get_at(std::vector<std::string> const& keys,
                                                              revision_number revision) {
  return decoded_later<past_values>(
      call("io.cfgd.History.GetAt", detail::get_at_parameters(keys, revision)),
      detail::decode_past_values);
}

asio::awaitable<result<commit>> async_connection::rollback(rollback_request const& what) {
  return decoded_later<commit>(call("io.cfgd.History.Rollback", detail::parameters_of(what)),
                               detail::decode_commit);
}

asio::awaitable<result<std::vector<blame_line>>>
async_connection::blame(std::string_view name_space) {
  boost::json::object const parameters{{"namespace", name_space}};
  return decoded_later<std::vector<blame_line>>(call("io.cfgd.History.Blame", parameters),
                                                detail::decode_blame);
}

asio::awaitable<result<commit>> async_connection::restore(restore_request const& what) {
  return decoded_later<commit>(call("io.cfgd.History.Restore", detail::parameters_of(what)),
                               detail::decode_commit);
}

asio::awaitable<result<revision_number>> async_connection::compact(std::int64_t keep) {
  boost::json::object const parameters{{"keep", keep}};
  return decoded_later<revision_number>(call("io.cfgd.History.Compact", parameters),
                                        detail::decode_oldest);
}

asio::awaitable<result<std::string>>
async_connection::begin_edit(std::optional<std::chrono::seconds> time) {
  return first_deadline(*this, begin("io.cfgd.Config.BeginEdit", detail::edit_parameters(time)),
                        time_limit());
}

asio::awaitable<result<edit_outcome>> async_connection::await_edit() {
  auto reply = co_await next_reply(std::chrono::milliseconds(0));
  if (!reply) co_return std::move(reply).error();
  if (!*reply) co_return detail::closed("the edit has ended");
  co_return detail::decode_edit_outcome(std::move(**reply));
}

asio::awaitable<result<edit_outcome>> async_connection::end_edit() {
  return decoded_later<edit_outcome>(call("io.cfgd.Config.EndEdit"), detail::decode_edit_outcome);
}

} // namespace cfgd::client
