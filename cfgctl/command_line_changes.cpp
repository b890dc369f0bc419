/// The command line of what changes values: set, unset, edit, apply, import, and of changes that
/// end by themselves.
///
/// `edit KEY` shares its word with `edit begin` and `edit end`. A key that is called like one of
/// those two, which only a whole namespace can be, is named behind "--".

#include "cfgctl/command_line_parts.hpp"

namespace cfgd::cfgctl {
namespace {

void add_comment(CLI::App& to, std::string& into) {
  to.add_option("-m,--comment", into, "Text for the change log")->type_name("TEXT");
}

void add_edit_commands(CLI::App& app, parsed& into) {
  auto* edit = app.add_subcommand("edit", "Change a value in an editor; begin, end: several files");
  edit->require_subcommand(0, 1);
  edit->add_option("KEY", into.edit.key, "A key")->type_name("");
  add_comment(*edit, into.edit.comment);
  edit->add_option("--format", into.format, "json [json]")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"json"}));

  auto* begin =
      edit->add_subcommand("begin", "Hold back files that are saved, until the edit ends");
  begin->fallthrough();
  add_duration(*begin, "--time", into.begin_edit.time, "It ends by itself after so long [10m]");
  begin->add_flag("--foreground", into.begin_edit.foreground, "Wait until it ends");
  begin->add_option("COMMAND", into.begin_edit.program, "Run this, and end the edit")
      ->type_name("");
  choose(*begin, into, [&] { return into.begin_edit; });

  auto* end = edit->add_subcommand("end", "Take all files of the edit in, or none");
  end->fallthrough();
  choose(*end, into, [] { return end_edit_command(); });

  edit->final_callback([&into, edit] {
    if (!edit->get_subcommands().empty()) return;
    if (into.edit.key.empty()) throw CLI::RequiredError("KEY, begin or end");
    into.chosen.emplace(into.edit);
  });
}

void add_pending_commands(CLI::App& app, parsed& into) {
  auto* pending = app.add_subcommand("pending", "Print the changes that end by themselves");
  choose(*pending, into, [] { return pending_command(); });

  auto* confirm = app.add_subcommand("confirm", "Let a change that would end by itself stay");
  confirm->add_option("REVISION", into.confirm.which, "The change")->required()->type_name("");
  choose(*confirm, into, [&] { return into.confirm; });

  auto* extend = app.add_subcommand("extend", "Let a change end later, or sooner");
  extend->add_option("REVISION", into.extend.which, "The change")->required()->type_name("");
  auto const read = [&into](std::string const& text) {
    auto const time = parse_duration(text);
    if (!time) throw CLI::ValidationError("DURATION", to_string(time.error()));
    into.extend.time = *time;
  };
  extend->add_option_function<std::string>("DURATION", read, "From now")->required()->type_name("");
  choose(*extend, into, [&] { return into.extend; });
}

void add_file_commands(CLI::App& app, parsed& into) {
  auto* apply = app.add_subcommand("apply", "Make values what a document of namespaces says");
  apply->add_option("FILE", into.apply.file, "The document; - is standard input")
      ->required()
      ->type_name("");
  apply->add_option("--format", into.apply.format, "What FILE is [by its extension]")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"json", "jsonc", "yaml", "toml", "ini", "env"}));
  apply->add_flag("--prune", into.apply.prune, "Also remove overrides that it does not have");
  add_change_options(*apply, into.apply.how);
  choose(*apply, into, [&] { return into.apply; });

  auto* import = app.add_subcommand("import", "Set whole namespaces: NAME.json sets NAME");
  import->add_option("FILE", into.import.files, "Files")->required()->type_name("");
  add_change_options(*import, into.import.how);
  choose(*import, into, [&] { return into.import; });
}

} // namespace

void add_change_options(CLI::App& to, change_options& into) {
  add_comment(to, into.comment);
  to.add_option("--if-revision", into.if_revision, "Only if the service is at this revision")
      ->type_name("N");
  to.add_flag("--dry-run", into.dry_run, "Check everything, change nothing");
  add_duration(to, "--confirm", into.confirm, "Undo it after so long, unless confirmed");
}

void add_change_commands(CLI::App& app, parsed& into) {
  auto* set = app.add_subcommand("set", "Change keys, all of them or none");
  set->add_option("KEY=VALUE", into.set.assignments, "What to set")->required()->type_name("");
  add_change_options(*set, into.set.how);
  add_duration(*set, "--for", into.set.expire, "Let it end after so long")->excludes("--confirm");
  choose(*set, into, [&] { return into.set; });

  auto* unset = app.add_subcommand("unset", "Remove keys from the override layer");
  unset->add_option("KEY", into.unset.unset, "Keys")->required()->type_name("");
  add_change_options(*unset, into.unset.how);
  add_duration(*unset, "--for", into.unset.expire, "Let it end after so long")
      ->excludes("--confirm");
  choose(*unset, into, [&] { return into.unset; });

  add_edit_commands(app, into);
  add_file_commands(app, into);
  add_pending_commands(app, into);
}

} // namespace cfgd::cfgctl
