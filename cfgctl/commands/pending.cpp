/// pending, confirm, extend: changes that expire.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/service_text.hpp"
#include "cfgctl/text/values.hpp"

namespace cfgd::cfgctl {
namespace {

using pending_changes = std::vector<client::pending_change>;

struct extend_options {
  client::revision_number which = 0;
  std::chrono::seconds time{0};
};

exit_code list(context const& all, no_options const&) {
  return ask(all, "pending", methods::list_pending, {}, [&](pending_changes const& found) {
    return pending_text(all.where, found, wall_now());
  });
}

exit_code confirm(context const& all, client::revision_number const& which) {
  std::string const number = std::to_string(which);
  return ask(all, "confirm " + number, methods::confirm, {which},
             [&] { return "revision " + number + " confirmed\n"; });
}

exit_code extend(context const& all, extend_options const& what) {
  std::string const number = std::to_string(what.which);
  return ask(all, "extend " + number, methods::extend, {what.which, what.time},
             [&](std::string const& deadline) {
               return "revision " + number + " expires at " + for_screen(all.where, deadline) +
                      '\n';
             });
}

} // namespace

void add_pending_commands(declarations const& to) {
  declare(to, "pending", "Print the changes that expire unless confirmed", list);

  auto const confirming = declare(to, "confirm", "Keep a change that would expire", confirm);
  add_revision(confirming.app, "REVISION", confirming.options, "The change")->required();

  auto const extending = declare(to, "extend", "Let a change expire later, or sooner", extend);
  add_revision(extending.app, "REVISION", extending.options.which, "The change")->required();
  add_parsed(extending.app, "DURATION", extending.options.time, parse_duration, "From now")
      ->required()
      ->type_name("");
}

} // namespace cfgd::cfgctl
