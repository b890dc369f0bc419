/// pending, confirm, extend: changes that expire.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/service_text.hpp"
#include "cfgctl/text/values.hpp"

namespace cfgd::cfgctl {
namespace {

using pending_changes = std::vector<client::pending_change>;

struct confirm_options {
  client::revision_number which = 0;
};

struct extend_options {
  client::revision_number which = 0;
  std::chrono::seconds time{0};
};

exit_code list(context const& all, no_options const&) {
  return ask(all, {.what = "pending", .method = "io.cfgd.Config.ListPending"},
             &client::connection::list_pending, [&](pending_changes const& found) {
               return pending_text(all.where, found, wall_now());
             });
}

exit_code confirm(context const& all, confirm_options const& what) {
  std::string const number = std::to_string(what.which);
  return ask(
      all,
      {.what = "confirm " + number,
       .method = "io.cfgd.Config.Confirm",
       .parameters = {{"revision", what.which}}},
      [&](client::connection& service) { return service.confirm(what.which); },
      [&] { return "revision " + number + " confirmed\n"; });
}

exit_code extend(context const& all, extend_options const& what) {
  std::string const number = std::to_string(what.which);
  return ask(
      all,
      {.what = "extend " + number,
       .method = "io.cfgd.Config.Extend",
       .parameters = {{"revision", what.which}, {"seconds", what.time.count()}}},
      [&](client::connection& service) { return service.extend(what.which, what.time); },
      [&](std::string const& deadline) {
        return "revision " + number + " expires at " + for_screen(all.where, deadline) + '\n';
      });
}

} // namespace

void add_pending_commands(declarations const& to) {
  declare(to, "pending", "Print the changes that expire unless confirmed", list);

  auto const confirming = declare(to, "confirm", "Keep a change that would expire", confirm);
  add_argument(confirming.app, "REVISION", confirming.options.which, "The change")->required();

  auto const extending = declare(to, "extend", "Let a change expire later, or sooner", extend);
  add_argument(extending.app, "REVISION", extending.options.which, "The change")->required();
  add_parsed(extending.app, "DURATION", extending.options.time, parse_duration, "From now")
      ->required()
      ->type_name("");
}

} // namespace cfgd::cfgctl
