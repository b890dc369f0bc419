/// pending, confirm, extend: changes that end by themselves.

#include "cfgctl/text/values.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/service_text.hpp"
#include "cfgctl/text/times.hpp"
#include "client/detail/decode.hpp"

#include <utility>

namespace cfgd::cfgctl {

exit_code run(context const& all, pending_command const&) {
  auto const render = [&](boost::json::object&& reply) -> client::result<std::string> {
    auto const told = client::detail::decode_pending(std::move(reply));
    if (!told) return told.error();
    return pending_text(all.where, *told, wall_now());
  };
  return ask(all, {.what = "pending", .method = "io.cfgd.Config.ListPending", .parameters = {}},
             render);
}

exit_code run(context const& all, confirm_command const& what) {
  auto const parameters = client::detail::revision_parameters(what.which);
  std::string const doing = "confirm " + std::to_string(what.which);
  auto const render = [&](boost::json::object&&) -> client::result<std::string> {
    return "revision " + std::to_string(what.which) + " stays\n";
  };
  return ask(all, {.what = doing, .method = "io.cfgd.Config.Confirm", .parameters = parameters},
             render);
}

exit_code run(context const& all, extend_command const& what) {
  auto const parameters = client::detail::extend_parameters(what.which, what.time);
  std::string const doing = "extend " + std::to_string(what.which);
  auto const render = [&](boost::json::object&& reply) -> client::result<std::string> {
    auto const deadline = client::detail::decode_text(std::move(reply), "deadline");
    if (!deadline) return deadline.error();
    return "revision " + std::to_string(what.which) + " ends at " +
           for_screen(all.where, *deadline) + '\n';
  };
  return ask(all, {.what = doing, .method = "io.cfgd.Config.Extend", .parameters = parameters},
             render);
}

} // namespace cfgd::cfgctl
