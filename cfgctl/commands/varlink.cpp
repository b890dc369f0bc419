/// call, interfaces, introspect: the protocol itself, for whom the other commands do not reach.
///
/// `call` shows replies and errors as they come, because who calls a method by its name knows it.

#include "cfgctl/failure_report.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"
#include "client/detail/decode.hpp"
#include "core/json.hpp"

#include <utility>

namespace cfgd::cfgctl {
namespace {

exit_code report_raw(std::string const& doing, client::call_error const& why) {
  if (why.kind != client::failure::refused) return report(doing, why);
  complain(printable("cfgctl: " + doing + ": " + why.message + '\n'));
  return exit_code::refused;
}

result<boost::json::object> parameters_of(std::string const& text) {
  if (text.empty()) return boost::json::object();
  auto parsed = json::parse(text);
  if (!parsed) return parsed.error();
  if (auto* object = parsed->if_object()) return std::move(*object);
  error out;
  out.code = errc::bad_value;
  out.message = "parameters are an object";
  return out;
}

exit_code call_more(context const& all, call_command const& what, client::connection& service,
                    boost::json::object const& parameters) {
  // A stream may be silent as long as it likes, unless the user says otherwise.
  service.set_time_limit(all.asked.time_limit.value_or(std::chrono::milliseconds(0)));
  auto const show = [&](boost::json::object& reply) {
    print(json_line(all.where, std::move(reply)));
    return client::step::more;
  };
  auto const done = service.call_more(what.method, parameters, show);
  return done ? exit_code::ok : report_raw("call " + what.method, done.error());
}

} // namespace

exit_code run(context const& all, call_command const& what) {
  std::string const doing = "call " + what.method;
  auto const parameters = parameters_of(what.parameters);
  if (!parameters) {
    complain(printable("cfgctl: " + doing + ": " + to_string(parameters.error()) + '\n'));
    return exit_code::usage;
  }
  auto service = connect(all);
  if (!service) return report(doing, service.error());
  if (what.how == call_command::mode::more) return call_more(all, what, *service, *parameters);
  if (what.how == call_command::mode::oneway) {
    auto const sent = service->call_oneway(what.method, *parameters);
    return sent ? exit_code::ok : report_raw(doing, sent.error());
  }
  auto reply = service->call(what.method, *parameters);
  if (!reply) return report_raw(doing, reply.error());
  print(json_text(all.where, std::move(*reply)));
  return exit_code::ok;
}

exit_code run(context const& all, interfaces_command const&) {
  auto const render = [&](boost::json::object&& reply) -> client::result<std::string> {
    auto const names = client::detail::decode_names(std::move(reply), "interfaces");
    if (!names) return names.error();
    std::string out;
    for (auto const& name : *names)
      out += name + '\n';
    return all.where.terminal ? printable(out) : out;
  };
  return ask(all, {.what = "interfaces", .method = "org.varlink.service.GetInfo", .parameters = {}},
             render);
}

exit_code run(context const& all, introspect_command const& what) {
  std::string const doing = "introspect " + what.interface;
  boost::json::object const parameters{{"interface", what.interface}};
  auto const render = [&](boost::json::object&& reply) -> client::result<std::string> {
    auto text = client::detail::decode_text(std::move(reply), "description");
    if (!text) return text.error();
    if (!text->ends_with('\n')) *text += '\n';
    return all.where.terminal ? printable(*text) : *text;
  };
  return ask(all,
             {.what = doing,
              .method = "org.varlink.service.GetInterfaceDescription",
              .parameters = parameters},
             render);
}

} // namespace cfgd::cfgctl
