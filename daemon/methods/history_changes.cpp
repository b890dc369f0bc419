#include "core/json.hpp"
#include "daemon/methods/history_methods.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

// The ways back, and what cuts them off.

namespace cfgd {
namespace {

namespace bj = boost::json;

/// What a Restore asks for. Errors: bad_key, bad_value.
result<engine::restore_request> read_restore(ipc::call const& asked) {
  engine::restore_request request;
  for (auto const& member : asked.parameters.at("overrides").get_object()) {
    std::string const name(member.key());
    if (!is_namespace_name(name))
      return error{
          .code = errc::bad_key, .message = "this is no name of a namespace", .subject = name};
    if (!member.value().is_object())
      return error{.code = errc::bad_value,
                   .message = "the value of a whole namespace must be an object",
                   .subject = name};
    // The call's storage ends with the call.
    request.overrides.emplace(name, bj::object(member.value().get_object(), bj::storage_ptr{}));
  }
  request.dry_run = flag_of(asked.parameters, "dryRun");
  request.comment = string_of(asked.parameters, "comment").value_or("");
  request.from = writer_of(asked.from);
  return request;
}

} // namespace

committer::finished history_methods::answer_change(ipc::responder answer) const {
  return [answer](engine::decision const& done) mutable {
    if (done)
      answer.reply(change_reply(*done));
    else
      fail(answer, history_interface, done.error());
  };
}

void history_methods::rollback(ipc::call const& asked) {
  if (refuse_negative(asked, {"revision"})) return;
  ipc::responder answer = asked.answer;
  engine::rollback_request request;
  request.name_space = string_of(asked.parameters, "namespace").value_or("");
  if (asked.parameters.contains("namespace") && !is_namespace_name(request.name_space)) {
    fail(answer, history_interface,
         {.code = errc::bad_key,
          .message = "this is no name of a namespace",
          .subject = request.name_space});
    return;
  }
  if (!allowed(asked, operation::rollback, request.name_space)) return;
  auto const ends = read_expiry(asked.parameters, bounds_);
  if (!ends) {
    fail(answer, history_interface, ends.error());
    return;
  }
  request.ends = *ends;
  request.revision = *revision_of(asked.parameters, "revision");
  request.if_revision = revision_of(asked.parameters, "ifRevision");
  request.dry_run = flag_of(asked.parameters, "dryRun");
  request.comment = string_of(asked.parameters, "comment").value_or("");
  request.from = writer_of(asked.from);
  committer_.submit(std::move(request), answer_change(answer));
}

void history_methods::restore(ipc::call const& asked) {
  if (!allowed(asked, operation::administer, {})) return;
  ipc::responder answer = asked.answer;
  auto request = read_restore(asked);
  if (!request) {
    fail(answer, history_interface, request.error());
    return;
  }
  committer_.submit(*std::move(request), answer_change(answer));
}

void history_methods::compact(ipc::call const& asked) {
  if (refuse_negative(asked, {"keep"}) || !allowed(asked, operation::administer, {})) return;
  auto const keep = *integer_of(asked.parameters, "keep");
  committer_.query(
      [keep](store::config_store& store) { return store.compact(static_cast<std::size_t>(keep)); },
      [answer = asked.answer](result<revision_number> const& oldest) mutable {
        if (oldest)
          answer.reply("{\"oldest\":" + std::to_string(*oldest) + "}");
        else
          fail(answer, history_interface, oldest.error());
      });
}

} // namespace cfgd
