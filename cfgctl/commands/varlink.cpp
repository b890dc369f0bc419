/// call, interfaces, introspect: the protocol itself, for what the other commands do not cover.
///
/// `call` prints replies and errors as they come: its user knows the methods. With --json a call
/// without a reply prints an empty object.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/failure_report.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"
#include "core/json.hpp"

#include <utility>

namespace cfgd::cfgctl {
namespace {

struct call_options {
  std::string method;
  std::string parameters; ///< JSON text; empty: no parameters
  bool more = false;
  bool oneway = false;
};

exit_code report_raw(context const& all, std::string const& doing, client::call_error const& why) {
  if (why.kind != client::failure::refused) return report(all, doing, why);
  std::string const text = doing + ": " + why.message;
  complain_line(text);
  if (all.as_json()) print(json_text(all.where, failure_json(text, why)));
  return exit_code::refused;
}

result<boost::json::object> parse_parameters(std::string const& text) {
  if (text.empty()) return boost::json::object();
  auto parsed = json::parse(text);
  if (!parsed) return parsed.error();
  if (auto* const object = parsed->if_object()) return std::move(*object);
  return error{.code = errc::bad_value, .message = "the parameters must be an object"};
}

client::result<void> call_more(context const& all, call_options const& what,
                               client::connection& service, boost::json::object const& parameters) {
  // No limit between replies, unless the user sets one.
  service.set_time_limit(all.time_limit.value_or(std::chrono::milliseconds(0)));
  return service.call_more(what.method, parameters, [&](boost::json::object& reply) {
    print(json_line(all.where, std::move(reply)));
    return client::step::more;
  });
}

exit_code call_method(context const& all, call_options const& what) {
  std::string const doing = "call " + what.method;
  auto const parameters = parse_parameters(what.parameters);
  if (!parameters) return fail(all, doing + ": " + to_string(parameters.error()), exit_code::usage);
  auto const done = call(all, [&](client::connection& service) -> client::result<void> {
    if (what.more) return call_more(all, what, service, *parameters);
    if (what.oneway) return service.call_oneway(what.method, *parameters);
    auto reply = service.call(what.method, *parameters);
    if (!reply) return reply.error();
    print(json_text(all.where, std::move(*reply)));
    return {};
  });
  if (!done) return report_raw(all, doing, done.error());
  if (what.oneway && all.as_json()) print("{}\n");
  return exit_code::ok;
}

exit_code interfaces(context const& all, no_options const&) {
  return ask(all, "interfaces", methods::interfaces, {},
             [](screen const& where, std::vector<std::string> const& names) {
               std::string out;
               for (auto const& name : names)
                 out += name + '\n';
               return for_screen(where, out);
             });
}

exit_code introspect(context const& all, std::string const& interface) {
  return ask(all, "introspect " + interface, methods::introspect, {interface},
             [](screen const& where, std::string const& text) {
               return for_screen(where, text.ends_with('\n') ? text : text + '\n');
             });
}

} // namespace

void add_varlink_commands(declarations const& to) {
  auto const calling = declare(to, "call", "Call any method of the service", call_method);
  add_argument(calling.app, "METHOD", calling.options.method, "For example io.cfgd.Config.Get")
      ->required();
  add_argument(calling.app, "JSON", calling.options.parameters, "Parameters, an object");
  auto* const more =
      calling->add_flag("--more", calling.options.more, "Ask for more than one reply");
  calling->add_flag("--oneway", calling.options.oneway, "Ask for no reply")->excludes(more);

  declare(to, "interfaces", "Print the names of the interfaces", interfaces);
  auto const one = declare(to, "introspect", "Print an interface", introspect);
  add_argument(one.app, "INTERFACE", one.options, "For example io.cfgd.Config")->required();
}

} // namespace cfgd::cfgctl
