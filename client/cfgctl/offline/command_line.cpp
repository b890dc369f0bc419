/// The command line of what needs no daemon: check.

#include "client/cfgctl/command_line_parts.hpp"

namespace cfgd::cfgctl {
namespace {

void add_check_command(CLI::App& app, parsed& into) {
  auto* check = app.add_subcommand("check", "Check files against schemas and rules, offline");
  check->add_option("FILE", into.check.files, "Files, or directories with a tree; without, all")
      ->type_name("");
  auto* root = check->add_option("--root", into.check.root, "The tree of 'cfgd --root'");
  auto* vendor = check->add_option("--vendor", into.check.vendor, "Instead of /usr/lib/cfgd");
  auto* etc = check->add_option("--etc", into.check.etc, "Instead of /etc/cfgd");
  for (auto* one : {root, vendor, etc})
    one->type_name("DIR");
  root->excludes(vendor)->excludes(etc);
  check->add_flag("--strict", into.check.strict, "Warnings are errors");
  choose(*check, into, [&] { return into.check; });
}

} // namespace

void add_offline_commands(CLI::App& app, parsed& into) { add_check_command(app, into); }

} // namespace cfgd::cfgctl
