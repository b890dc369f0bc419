/// The blocking client's calls that are made now and then: checks, changes that end by themselves,
/// edits of several files, and history.
///
/// They stand on call() and call_more() alone, so that what a connection is remains in one file.

#include "client/connection.hpp"
#include "client/detail/decode.hpp"
#include "client/detail/failures.hpp"

#include <boost/json/value.hpp>

#include <utility>

namespace cfgd::client {

using detail::decoded;

result<validation> connection::validate(std::string_view name_space,
                                        boost::json::object const* document) {
  return decoded(call("io.cfgd.Config.Validate", detail::validate_parameters(name_space, document)),
                 detail::decode_validation);
}

result<std::vector<pending_change>> connection::list_pending() {
  return decoded(call("io.cfgd.Config.ListPending"), detail::decode_pending);
}

result<void> connection::confirm(revision_number revision) {
  return decoded(call("io.cfgd.Config.Confirm", detail::revision_parameters(revision)),
                 detail::decode_nothing);
}

result<std::string> connection::extend(revision_number revision, std::chrono::seconds time) {
  auto reply = call("io.cfgd.Config.Extend", detail::extend_parameters(revision, time));
  if (!reply) return std::move(reply).error();
  return detail::decode_text(std::move(*reply), "deadline");
}

result<edit_outcome>
connection::begin_edit(std::optional<std::chrono::seconds> time,
                       std::function<step(std::string const& deadline)> const& on_begun) {
  std::optional<std::string> deadline;
  std::optional<result<edit_outcome>> outcome;
  auto const limit = time_limit();
  auto const take = [&](boost::json::object& reply) {
    if (deadline) {
      outcome = detail::decode_edit_outcome(std::move(reply));
      return step::stop;
    }
    auto first = detail::decode_text(std::move(reply), "deadline");
    if (!first) {
      outcome = std::move(first).error();
      return step::stop;
    }
    deadline = std::move(*first);
    set_time_limit(std::chrono::milliseconds(0));
    return on_begun(*deadline);
  };
  auto done = call_more("io.cfgd.Config.BeginEdit", detail::edit_parameters(time), take);
  set_time_limit(limit);
  if (!done) return std::move(done).error();
  if (outcome) return std::move(*outcome);
  return detail::closed("the edit was left");
}

result<edit_outcome> connection::end_edit() {
  return decoded(call("io.cfgd.Config.EndEdit"), detail::decode_edit_outcome);
}

result<change_log> connection::log(log_query const& query) {
  change_log all;
  std::optional<call_error> bad;
  auto const take = [&](boost::json::object& reply) {
    auto part = detail::decode_log(std::move(reply));
    if (!part) {
      bad = std::move(part).error();
      return step::stop;
    }
    all.oldest = part->oldest;
    std::move(part->changes.begin(), part->changes.end(), std::back_inserter(all.changes));
    return step::more;
  };
  auto done = call_more("io.cfgd.History.Log", detail::parameters_of(query), take);
  if (bad) return std::move(*bad);
  if (!done) return std::move(done).error();
  return all;
}

result<difference> connection::diff(revision_number from, std::optional<revision_number> to,
                                    std::string_view prefix) {
  return decoded(call("io.cfgd.History.Diff", detail::diff_parameters(from, to, prefix)),
                 detail::decode_difference);
}

result<past_values> connection::get_at(std::vector<std::string> const& keys,
                                       revision_number revision) {
  return decoded(call("io.cfgd.History.GetAt", detail::get_at_parameters(keys, revision)),
                 detail::decode_past_values);
}

result<commit> connection::rollback(rollback_request const& what) {
  return decoded(call("io.cfgd.History.Rollback", detail::parameters_of(what)),
                 detail::decode_commit);
}

result<std::vector<blame_line>> connection::blame(std::string_view name_space) {
  boost::json::object const parameters{{"namespace", name_space}};
  return decoded(call("io.cfgd.History.Blame", parameters), detail::decode_blame);
}

result<commit> connection::restore(restore_request const& what) {
  return decoded(call("io.cfgd.History.Restore", detail::parameters_of(what)),
                 detail::decode_commit);
}

result<revision_number> connection::compact(std::int64_t keep) {
  boost::json::object const parameters{{"keep", keep}};
  return decoded(call("io.cfgd.History.Compact", parameters), detail::decode_oldest);
}

} // namespace cfgd::client
