#include "core/json.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

// Rollback and Restore, and Compact, which limits how far back they can go.

namespace cfgd::methods {
namespace {

namespace bj = boost::json;

/// The request of a Restore. Errors: bad_key, bad_value.
result<engine::restore_request> read_restore(ipc::call const& asked) {
  engine::restore_request request;
  for (auto const& member : asked.parameters.at("overrides").get_object()) {
    std::string const name(member.key());
    if (!is_namespace_name(name)) return bad_namespace(name);
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

/// The request of a Rollback. Errors: bad_key, bad_value, limit.
result<engine::rollback_request> read_rollback(ipc::call const& asked, limits const& bounds) {
  engine::rollback_request request;
  request.name_space = string_of(asked.parameters, "namespace").value_or("");
  if (asked.parameters.contains("namespace") && !is_namespace_name(request.name_space))
    return bad_namespace(request.name_space);
  auto const ends = read_expiry(asked.parameters, bounds);
  if (!ends) return ends.error();
  request.ends = *ends;
  request.revision = *revision_of(asked.parameters, "revision");
  request.if_revision = revision_of(asked.parameters, "ifRevision");
  request.dry_run = flag_of(asked.parameters, "dryRun");
  request.comment = string_of(asked.parameters, "comment").value_or("");
  request.from = writer_of(asked.from);
  if (flag_of(asked.parameters, "soft")) request.kind = engine::rollback_kind::soft;
  return request;
}

} // namespace

void roll_back(method_context& with, authorized_call const& asked) {
  if (refuse_negative(asked, {"revision"})) return;
  auto request = read_rollback(asked, with.bounds);
  if (!request) return fail(asked.answer, history_interface, request.error());
  request->permitted = asked.by.permission(asked.needs);
  with.writer.submit(asker_of(with, asked), *std::move(request),
                     answer_change(asked.answer, history_interface, asked.by.visible()));
}

void restore_overrides(method_context& with, authorized_call const& asked) {
  auto request = read_restore(asked);
  if (!request) return fail(asked.answer, history_interface, request.error());
  request->permitted = asked.by.permission(asked.needs);
  with.writer.submit(asker_of(with, asked), *std::move(request),
                     answer_change(asked.answer, history_interface, asked.by.visible()));
}

void compact_history(method_context& with, authorized_call const& asked) {
  if (refuse_negative(asked, {"keep"})) return;
  auto const keep = static_cast<std::size_t>(*integer_of(asked.parameters, "keep"));
  with.writer.query(
      [keep, permitted = asked.by.permission(asked.needs)](
          store::config_store& store) -> result<revision_number> {
        if (auto const fine = permitted(*store.access()); !fine) return fine.error();
        return store.compact(keep);
      },
      [answer = asked.answer](result<revision_number> const& oldest) {
        if (oldest)
          answer.reply(one_number("oldest", *oldest));
        else
          fail(answer, history_interface, oldest.error());
      });
}

} // namespace cfgd::methods
