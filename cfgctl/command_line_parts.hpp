#pragma once

#include "cfgctl/command_line.hpp"
#include "cfgctl/text/times.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <optional>
#include <string>

/// What the files that declare the command line share. It takes CLI11 in: only they include it.
namespace cfgd::cfgctl {

/// Where CLI11 puts what it reads: every command has its place, one of them is chosen at the end.
struct parsed {
  std::string socket;
  bool json = false;
  std::string color = "auto";
  double timeout_s = -1;

  get_command get;
  list_command list;
  explain_command explain;
  watch_command watch;
  validate_command validate;
  change_command set;
  change_command unset;
  confirm_command confirm;
  extend_command extend;
  edit_command edit;
  begin_edit_command begin_edit;
  apply_command apply;
  import_command import;
  export_command exporting;
  std::string format = "json";
  log_command log;
  show_command show;
  std::vector<std::string> diff;
  bool diff_prune = false;
  rollback_command rollback;
  blame_command blame;
  compact_command compact;
  health_command health;
  problems_command problems;
  top_command top;
  doctor_command doctor;
  std::string name_space;
  call_command call;
  bool more = false;
  bool oneway = false;
  introspect_command introspect;
  check_command check;
  init_command init;
  schema_command schema;
  backup_command backup;
  restore_command restore;

  std::optional<command> chosen;
};

/// `made` is chosen when the command line was read and names this command.
template <class Make>
void choose(CLI::App& to, parsed& into, Make made) {
  to.final_callback([&into, made] { into.chosen.emplace(made()); });
}

/// An option that is a duration.
inline CLI::Option* add_duration(CLI::App& to, std::string const& name,
                                 std::optional<std::chrono::seconds>& into,
                                 std::string const& help) {
  auto const read = [&into, name](std::string const& text) {
    auto const time = parse_duration(text);
    if (!time) throw CLI::ValidationError(name, to_string(time.error()));
    into = *time;
  };
  return to.add_option_function<std::string>(name, read, help)->type_name("DURATION");
}

void add_value_commands(CLI::App& app, parsed& into);
void add_change_commands(CLI::App& app, parsed& into);
void add_history_commands(CLI::App& app, parsed& into);
void add_health_commands(CLI::App& app, parsed& into);
void add_offline_commands(CLI::App& app, parsed& into);

/// For every command that changes something.
void add_change_options(CLI::App& to, change_options& into);

} // namespace cfgd::cfgctl
