#include "cfgctl/session.hpp"

#include "cfgctl/failure_report.hpp"
#include "cfgctl/text/values.hpp"

#include <utility>

namespace cfgd::cfgctl {

client::result<client::connection> connect(context const& all) {
  return client::connection::connect(all.socket, all.time_limit.value_or(default_time_limit));
}

exit_code report(std::string_view what, client::call_error const& why) {
  complain(failure_text(what, why));
  return exit_code_of(why);
}

exit_code complain_line(std::string const& text, exit_code code) {
  complain(printable("cfgctl: " + text + '\n'));
  return code;
}

void warn(std::string const& text) { complain(printable("warning: " + text + '\n')); }

void show(context const& all, boost::json::value const& as_json, std::string const& as_text) {
  print(all.as_json() ? json_text(all.where, as_json) : as_text);
}

exit_code ask_for_json(context const& all, std::string_view what, std::string_view method,
                       boost::json::object const& parameters) {
  auto const reply = call(all, &client::connection::call, method, parameters);
  if (!reply) return report(what, reply.error());
  print(json_text(all.where, *reply));
  return exit_code::ok;
}

} // namespace cfgd::cfgctl
