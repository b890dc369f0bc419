/// The part that most commands have in common: connect, ask once, print, or tell what failed.

#include "cfgctl/session.hpp"

#include "cfgctl/failure_report.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/text/values.hpp"

#include <utility>

namespace cfgd::cfgctl {

client::result<client::connection> connect(context const& all) {
  return client::connection::connect(all.asked.socket,
                                     all.asked.time_limit.value_or(default_time_limit));
}

exit_code report(std::string_view what, client::call_error const& why) {
  complain(failure_text(what, why));
  return exit_code_of(why);
}

exit_code ask(context const& all, question const& asked, renderer const& render) {
  auto service = connect(all);
  if (!service) return report(asked.what, service.error());
  auto reply = service->call(asked.method, asked.parameters);
  if (!reply) return report(asked.what, reply.error());
  if (all.asked.format == output_format::json) {
    print(json_text(all.where, std::move(*reply)));
    return exit_code::ok;
  }
  auto const text = render(std::move(*reply));
  if (!text) return report(asked.what, text.error());
  print(*text);
  return exit_code::ok;
}

} // namespace cfgd::cfgctl
