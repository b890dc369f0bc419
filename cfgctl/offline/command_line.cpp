/// The command line of what needs no daemon: check, init, schema, backup, restore.

#include "cfgctl/command_line_parts.hpp"

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

void add_init_command(CLI::App& app, parsed& into) {
  auto* init = app.add_subcommand("init", "Make a first tree of files for 'cfgd --root DIR'");
  init->add_option("DIR", into.init.directory, "A directory, empty or not there yet")
      ->required()
      ->type_name("");
  choose(*init, into, [&] { return into.init; });
}

void add_schema_command(CLI::App& app, parsed& into) {
  auto* schema = app.add_subcommand("schema", "Guess a schema from a document, to begin one with");
  schema->add_option("NAMESPACE", into.schema.name_space, "A namespace")->required()->type_name("");
  schema->add_option("--from", into.schema.from, "A document instead of what is in force")
      ->type_name("FILE");
  choose(*schema, into, [&] { return into.schema; });
}

void add_state_options(CLI::App& to, state_options& into) {
  auto* state = to.add_option("--state", into.state, "Directory of the store [/var/lib/cfgd]");
  to.add_option("--root", into.root, "The tree of 'cfgd --root'")
      ->type_name("DIR")
      ->excludes(state);
  state->type_name("DIR");
}

void add_backup_commands(CLI::App& app, parsed& into) {
  auto* backup = app.add_subcommand("backup", "Copy the store, also while cfgd runs");
  backup->add_option("FILE", into.backup.file, "What to write")->required()->type_name("");
  add_state_options(*backup, into.backup.where);
  choose(*backup, into, [&] { return into.backup; });

  using mode = restore_command::mode;
  auto* restore = app.add_subcommand("restore", "Put a backup in place, or its override layer");
  auto& asked = into.restore;
  restore->add_option("FILE", asked.file, "What backup wrote")->required()->type_name("");
  add_state_options(*restore, asked.where);
  auto* offline = restore->add_flag_callback(
      "--offline", [&] { asked.how = mode::offline; }, "The whole store; cfgd must not run");
  restore
      ->add_flag_callback(
          "--online", [&] { asked.how = mode::online; }, "The override layer, through cfgd")
      ->excludes(offline);
  restore->add_flag("--discard", asked.discard, "Remove the store that was there");
  restore->add_flag("--dry-run", asked.dry_run, "Check everything, change nothing");
  restore->add_option("-m,--comment", asked.comment, "Text for the change log")->type_name("TEXT");
  choose(*restore, into, [&] { return into.restore; });
}

} // namespace

void add_offline_commands(CLI::App& app, parsed& into) {
  add_check_command(app, into);
  add_init_command(app, into);
  add_schema_command(app, into);
  add_backup_commands(app, into);
}

} // namespace cfgd::cfgctl
