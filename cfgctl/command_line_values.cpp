/// The command line of what reads: get, list, explain, watch, validate, export.

#include "cfgctl/command_line_parts.hpp"

namespace cfgd::cfgctl {

void add_value_commands(CLI::App& app, parsed& into) {
  auto* get = app.add_subcommand("get", "Print the values of keys");
  get->add_option("KEY", into.get.keys, "Keys")->required()->type_name("");
  get->add_option("--at", into.get.at, "As they were at this revision")->type_name("REVISION");
  choose(*get, into, [&] { return into.get; });

  auto* list = app.add_subcommand("list", "Print the keys below a prefix and their values");
  list->add_option("PREFIX", into.list.prefix, "A key; without it, everything")->type_name("");
  choose(*list, into, [&] { return into.list; });

  auto* explain = app.add_subcommand("explain", "Tell why a key has the value it has");
  explain->add_option("KEY", into.explain.key, "A key")->required()->type_name("");
  choose(*explain, into, [&] { return into.explain; });

  auto* watch = app.add_subcommand("watch", "Print values, and every change of them");
  watch->add_option("PREFIX", into.watch.prefixes, "Keys or prefixes; without, everything")
      ->type_name("");
  watch->add_option("--after", into.watch.after, "Begin behind this revision")->type_name("N");
  auto* program = watch->add_option("--exec", into.watch.program,
                                    "Run this at each change; all that follows belongs to it");
  program->type_name("COMMAND")->expected(-1);
  watch->add_flag("--initial", into.watch.initial, "Run it for the current values as well")
      ->needs(program);
  choose(*watch, into, [&] { return into.watch; });

  auto* validate = app.add_subcommand("validate", "Check values against schemas and rules");
  validate->add_option("NAMESPACE", into.validate.name_space, "A namespace; without it, all")
      ->type_name("");
  validate
      ->add_option("FILE", into.validate.file,
                   "A document to check; - is standard input; without it, what is in force")
      ->type_name("");
  choose(*validate, into, [&] { return into.validate; });

  auto* exporting = app.add_subcommand("export", "Print whole namespaces as one document");
  exporting->add_option("NAMESPACE", into.exporting.namespaces, "Namespaces; without, all")
      ->type_name("");
  exporting
      ->add_option("--layer", into.exporting.layer,
                   "What this layer alone says: override, admin, ... [effective]")
      ->type_name("NAME");
  exporting->add_option("--format", into.format, "json [json]")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"json"}));
  choose(*exporting, into, [&] { return into.exporting; });
}

} // namespace cfgd::cfgctl
