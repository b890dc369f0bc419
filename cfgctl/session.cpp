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

void complain_line(std::string const& text) { complain(printable("cfgctl: " + text + '\n')); }

void show(context const& all, boost::json::value const& as_json, std::string const& as_text) {
  print(all.as_json() ? json_text(all.where, as_json) : as_text);
}

exit_code ask_for_json(context const& all, question const& asked) {
  auto reply = call(all, [&](client::connection& service) {
    return service.call(asked.method, asked.parameters);
  });
  if (!reply) return report(asked.what, reply.error());
  print(json_text(all.where, std::move(*reply)));
  return exit_code::ok;
}

} // namespace cfgd::cfgctl
