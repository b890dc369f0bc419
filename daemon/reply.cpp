#include "daemon/reply.hpp"

#include "core/json.hpp"
#include "core/key.hpp"
#include "core/log.hpp"
#include "core/message_ids.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace cfgd {
namespace {

namespace bj = boost::json;

/// A refused value as the one issue of Config.Invalid.
bj::object invalid(error const& why) {
  bj::object issue{{"severity", "error"}, {"rule", to_string(why.code)}, {"message", why.message}};
  if (key::parse(why.subject))
    issue["key"] = why.subject;
  else if (!why.subject.empty())
    issue["pointer"] = why.subject;
  bj::array issues;
  issues.emplace_back(std::move(issue));
  bj::object parameters;
  parameters["issues"] = std::move(issues);
  return parameters;
}

struct wire_error {
  std::string_view name; ///< without the interface
  bj::object parameters;
};

wire_error internal(error const& why) { return {"InternalError", {{"message", to_string(why)}}}; }

wire_error to_config_error(error const& why) {
  switch (why.code) {
  case errc::bad_key:
    return {"BadKey", {{"key", why.subject}, {"message", why.message}}};
  case errc::not_found:
    return {"NoSuchNamespace", {{"namespace", why.subject}}};
  case errc::conflict:
    return {"RevisionMismatch", {{"revision", why.used}}};
  case errc::limit:
    return {"LimitExceeded",
            {{"limit", why.subject}, {"used", why.used}, {"maximum", why.maximum}}};
  case errc::store_failed:
    return {"StoreFailed", {{"message", why.message}}};
  case errc::bad_value:
  case errc::invalid:
  case errc::parse:
    return {"Invalid", invalid(why)};
  default:
    return internal(why);
  }
}

wire_error to_service_error(error const& why) {
  switch (why.code) {
  case errc::not_found:
    return {"NoSuchNamespace", {{"namespace", why.subject}}};
  case errc::store_failed:
    return {"StoreFailed", {{"message", why.message}}};
  case errc::parse: {
    bj::object told{{"path", why.subject}, {"message", why.message}};
    if (why.where.line != 0) told["line"] = why.where.line;
    if (why.where.column != 0) told["column"] = why.where.column;
    return {"BadSettings", std::move(told)};
  }
  default:
    return internal(why);
  }
}

} // namespace

void fail(ipc::responder& answer, std::string_view interface, error const& why) {
  if (why.code == errc::denied) {
    answer.fail("org.varlink.service.PermissionDenied");
    return;
  }
  wire_error const told =
      interface == config_interface ? to_config_error(why) : to_service_error(why);
  std::string text;
  json::append_compact(text, told.parameters);
  answer.fail(std::string(interface).append(1, '.').append(told.name), text);
}

void refuse(ipc::call const& asked, std::string_view interface, error const& why,
            refusal_gate& gate) {
  if (auto const unsaid = gate.pass(asked.from.uid, refusal_gate::clock::now())) {
    auto const more =
        *unsaid == 0 ? "" : " (and " + std::to_string(*unsaid) + " refusals like this before)";
    log::write(log::level::warning,
               "refused " + std::string(asked.method) + ": " + why.message + more,
               {{"MESSAGE_ID", message_id::call_refused},
                {"CFGD_KIND", "permission"},
                {"CFGD_NAMESPACE", why.subject},
                {"CFGD_PEER_UID", std::to_string(asked.from.uid)},
                {"CFGD_PEER_PID", std::to_string(asked.from.pid)}});
  }
  ipc::responder answer = asked.answer;
  fail(answer, interface, why);
}

void reply(ipc::responder& answer, bj::object const& parameters) {
  std::string text;
  json::append_compact(text, parameters);
  answer.reply(text);
}

bj::object to_json(origin const& from) {
  bj::object out{{"layer", to_string(from.where)}};
  if (!from.path.empty()) out["path"] = from.path;
  if (from.at.line != 0) out["line"] = from.at.line;
  if (from.at.column != 0) out["column"] = from.at.column;
  if (from.uid) out["uid"] = *from.uid;
  out["revision"] = from.revision;
  return out;
}

void append_strings(std::string& out, std::vector<std::string> const& list) {
  out += '[';
  for (auto const& text : list) {
    if (out.back() != '[') out += ',';
    json::append_string(out, text);
  }
  out += ']';
}

} // namespace cfgd
