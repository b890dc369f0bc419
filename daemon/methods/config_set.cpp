#include "core/json.hpp"
#include "daemon/announce.hpp"
#include "daemon/methods/batches.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

// Changes by calls, and pending changes. Who may make a change may also confirm it or extend it:
// the table of methods asks for the same right on the same namespaces.

namespace cfgd::methods {
namespace {

namespace bj = boost::json;

/// The request of a Set. Errors: bad_key, bad_value (no key at all, too), limit.
result<engine::set_request> request_of(ipc::call const& asked, limits const& bounds) {
  engine::set_request request;
  if (auto const* const values = asked.parameters.if_contains("values")) {
    for (auto const& member : values->get_object()) {
      auto which = key::parse(member.key());
      if (!which) return which.error();
      // The call's storage ends with the call.
      request.values.emplace_back(std::move(*which), bj::value(member.value(), bj::storage_ptr{}));
    }
  }
  auto unset = parse_keys(strings_of(asked.parameters, "unset"));
  if (!unset) return unset.error();
  request.unset = std::move(*unset);
  auto const ends = read_expiry(asked.parameters, bounds);
  if (!ends) return ends.error();
  request.ends = *ends;
  request.if_revision = revision_of(asked.parameters, "ifRevision");
  request.dry_run = flag_of(asked.parameters, "dryRun");
  request.text = flag_of(asked.parameters, "text");
  auto elements = parse_paths(strings_of(asked.parameters, "textElements"));
  if (!elements) return elements.error();
  request.text_elements = *std::move(elements);
  request.comment = string_of(asked.parameters, "comment").value_or("");
  request.from = writer_of(asked.from);
  return request;
}

} // namespace

std::shared_ptr<void> read_set(ipc::call const& asked, limits const& bounds) {
  return std::make_shared<result<engine::set_request>>(request_of(asked, bounds));
}

void set_values(method_context& with, authorized_call const& asked) {
  auto const ahead = asked.read_ahead<result<engine::set_request>>();
  auto request = ahead ? std::move(*ahead) : request_of(asked, with.bounds);
  if (!request) return fail(asked.answer, config_interface, request.error());
  request->permitted = asked.by.permission(asked.needs);
  with.writer.submit(asker_of(with, asked), *std::move(request),
                     answer_change(asked.answer, config_interface, asked.by.visible()));
}

void list_pending(method_context& with, authorized_call const& asked) {
  auto items = std::make_unique<row_items<engine::pending_change>>(
      asked.by.visible().part_of(with.values.pending().list()),
      [](std::string& out, engine::pending_change const& one) {
        json::append_compact(out, to_json(one));
      });
  send_list({.answer = asked.answer, .interface = config_interface}, with.bounds, std::move(items),
            [](std::string const& all) { return "{\"pending\":[" + all + "]}"; });
}

void confirm_pending(method_context& with, authorized_call const& asked) {
  engine::pending_request const wanted{.revision = *revision_of(asked.parameters, "revision"),
                                       .what = engine::pending_request::action::confirm,
                                       .from = writer_of(asked.from),
                                       .permitted = asked.by.permission(asked.needs)};
  with.writer.submit(asker_of(with, asked), wanted,
                     [wanted, answer = asked.answer](engine::decision const& done) {
                       if (!done) return fail(answer, config_interface, done.error());
                       announce_pending(wanted);
                       answer.reply();
                     });
}

void extend_pending(method_context& with, authorized_call const& asked) {
  auto const time =
      check_seconds(asked.parameters.at("seconds").get_int64(), "seconds", with.bounds);
  if (!time) return fail(asked.answer, config_interface, time.error());
  engine::pending_request const wanted{.revision = *revision_of(asked.parameters, "revision"),
                                       .what = engine::pending_request::action::extend,
                                       .deadline = wall_now() + *time,
                                       .from = writer_of(asked.from),
                                       .permitted = asked.by.permission(asked.needs)};
  with.writer.submit(asker_of(with, asked), wanted,
                     [wanted, answer = asked.answer](engine::decision const& done) {
                       if (!done) return fail(answer, config_interface, done.error());
                       announce_pending(wanted);
                       reply(answer, {{"deadline", to_rfc3339(wanted.deadline)}});
                     });
}

} // namespace cfgd::methods
