/// The command line, with CLI11.
///
/// Each family of commands declares its own options (commands/); the global options are declared
/// here. They may stand before or after the command (CLI11's fallthrough). CLI11's own exit codes
/// (100 and up), streams and messages are not used: core/command_line has the texts for people.

#include "cfgctl/command_line.hpp"

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/completion/command.hpp"
#include "cfgctl/failure_report.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"
#include "core/text.hpp"

#include <boost/assert.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <span>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

namespace cfgd::cfgctl {
namespace {

constexpr char const* footer =
    "Keys are dotted: site.title, hosts.\"db.example.org\".port. A VALUE is a number or a boolean "
    "if\n"
    "it is written like one, JSON if it begins with {, [ or \", else a string. A DURATION is 60s,\n"
    "15m, 2h, 1d.\n"
    "\n"
    "Exit codes: 0 done; 1 the service rejected the request, or a key has no value; 2 the input "
    "is\n"
    "wrong; 3 the service cannot be reached; 4 time ran out or the connection broke; 5 the\n"
    "revision is not applied.\n"
    "\n"
    "Environment: CFGD_SOCKET, the socket if --socket is not given; NO_COLOR, no colours.\n"
    "See cfgctl(1).";

struct global_options {
  std::string socket;
  std::string root;
  bool json = false;
  bool verbose = false;
  bool no_pager = false;
  std::string color = "auto";
  double timeout_s = -1;
};

/// Commands whose output may be longer than a screen.
constexpr std::array<std::string_view, 20> long_commands{
    "get",      "access", "list",    "overrides",  "explain", "validate", "export",
    "log",      "show",   "diff",    "blame",      "help",    "health",   "sources",
    "problems", "doctor", "metrics", "introspect", "limits",  "schema"};

void add_global_options(CLI::App& app, global_options& into) {
  app.add_option("--socket", into.socket, "Socket of the service")->type_name("PATH");
  app.add_option("--root", into.root, "The directory of 'cfgd --root'")->type_name("DIR");
  app.add_flag("--json", into.json, "Print JSON: one document, or one a line for watch");
  app.add_flag("-v,--verbose", into.verbose, "Print all changed keys, not only the first 20");
  add_seconds(&app, "--timeout", into.timeout_s, "Time limit for a reply, 0 for none [30]",
              {0, 1e6});
  add_choice(&app, "--color", into.color, {"auto", "always", "never"},
             "auto, always or never [auto]")
      ->type_name("WHEN");
  app.add_flag("--no-pager", into.no_pager, "Print long output on a terminal as it is");
  app.set_version_flag("--version", "cfgctl " CFGD_VERSION);
}

context context_of(global_options const& from) {
  context out;
  out.socket = from.socket;
  out.root = from.root;
  if (out.socket.empty() && !out.root.empty())
    out.socket = (std::filesystem::path(out.root) / "run" / "io.cfgd").string();
  out.format = from.json ? output_format::json : output_format::text;
  if (from.timeout_s >= 0) {
    // Rounded up: a very small limit must not become 0, which means no limit.
    out.time_limit = std::chrono::milliseconds(std::lround(std::ceil(from.timeout_s * 1000)));
  }
  auto const color = from.color == "always"  ? color_choice::always
                     : from.color == "never" ? color_choice::never
                                             : color_choice::automatic;
  out.where = screen_of_output(color);
  if (from.verbose) out.where.most_keys = SIZE_MAX;
  return out;
}

void add_commands(declarations const& to) {
  add_read_commands(to);
  add_watch_command(to);
  add_wait_command(to);
  add_validate_command(to);
  add_export_command(to);
  add_env_commands(to);
  add_change_commands(to);
  add_layer_commands(to);
  add_edit_commands(to);
  add_file_commands(to);
  add_pending_commands(to);
  add_consumers_command(to);
  add_log_commands(to);
  add_history_commands(to);
  add_service_commands(to);
  add_access_command(to);
  add_target_commands(to);
  add_health_commands(to);
  add_top_command(to);
  add_doctor_command(to);
  add_limits_command(to);
  add_varlink_commands(to);
  add_check_command(to);
  add_init_command(to);
  add_adopt_command(to);
  add_schema_command(to);
  add_backup_commands(to);
}

early_end usage_error(std::string const& message, bool is_plugin, bool as_json) {
  // A monitoring plugin ends with 3, unknown: 2 would be critical.
  early_end out{is_plugin ? exit_code::unreachable : exit_code::usage, {}, {}};
  out.err = printable("cfgctl: " + message + "\nSee 'cfgctl help'.\n");
  if (as_json) out.out = compact_text(failure_json(message, exit_code::usage)) + '\n';
  return out;
}

/// The object of --json for help. The commands are in it for programs, which cannot take them from
/// the text.
boost::json::object help_json(CLI::App const& about, std::string const& text) {
  boost::json::array commands;
  for (CLI::App const* const one : about.get_subcommands({}))
    if (!one->get_group().empty()) commands.emplace_back(one->get_name());
  return {{"help", text}, {"commands", std::move(commands)}};
}

early_end early_end_of(CLI::App const& app, CLI::ParseError const& why, bool as_json) {
  std::ostringstream out;
  std::ostringstream err;
  int const code = app.exit(why, out, err);
  if (code == 0 && as_json) {
    bool const is_version = dynamic_cast<CLI::CallForVersion const*>(&why) != nullptr;
    auto const shown = is_version ? boost::json::object{{"version", CFGD_VERSION}}
                                  : help_json(deepest_command(app), out.str());
    return {exit_code::ok, compact_text(shown) + '\n', {}};
  }
  if (code == 0) return {exit_code::ok, out.str(), {}};
  return usage_error(usage_text(app, why), app.got_subcommand("health"), as_json);
}

/// help and version: commands that print what the declarations say.
void add_help_commands(declarations const& to) {
  auto const topic = std::make_shared<std::vector<std::string>>();
  auto* const help = to.app.add_subcommand("help", "Print the help of a command");
  add_argument(help, "COMMAND", *topic, "A command; without it, all commands");
  help->final_callback([to, topic] {
    CLI::App const* about = &to.app;
    std::string path = about->get_name();
    for (std::string const& name : *topic) {
      CLI::App const* const below = command_of(*about, name);
      if (below == nullptr) throw wrong_words(unknown_command(*about, name));
      about = below;
      path += ' ' + below->get_name();
    }
    // Not App::help(), which prints the help of the command that was parsed: this one.
    auto const text = about->get_formatter()->make_help(about, path, CLI::AppFormatMode::Normal);
    to.chosen = [text, as_json = help_json(*about, text)](context const& all) {
      show(all, as_json, text);
      return exit_code::ok;
    };
  });
  declare(
      to, "version", "Print the version of cfgctl", +[](context const& all, no_options const&) {
        show(all, boost::json::object{{"version", CFGD_VERSION}}, "cfgctl " CFGD_VERSION "\n");
        return exit_code::ok;
      });
}

/// Other names that people type.
void add_aliases(CLI::App& app) {
  app.get_subcommand("list")->alias("ls");
  app.get_subcommand("unset")->alias("rm")->alias("delete");
}

/// The command: the first word that is neither an option nor the value of one. Empty: none.
std::string_view command_of_words(std::span<char const* const> words) {
  constexpr std::array<std::string_view, 4> with_value{"--socket", "--root", "--timeout",
                                                       "--color"};
  for (std::size_t at = 1; at < words.size(); ++at) {
    std::string_view const word = words[at];
    if (!word.starts_with('-')) return word;
    if (std::ranges::find(with_value, word) != with_value.end()) ++at;
  }
  return {};
}

/// Removes the program of 'watch --exec' or 'exec', and the words that are completed, from the end
/// of the command line, because their options must not be parsed as cfgctl's.
std::vector<std::string> take_program(std::vector<char const*>& words) {
  auto const end = std::find(words.begin(), words.end(), std::string_view("--"));
  auto const command = command_of_words(words);
  if ((command == "exec" || command == "complete") && end != words.end()) {
    std::vector<std::string> out(end + 1, words.end());
    words.erase(end, words.end());
    return out;
  }
  auto const watch = std::find(words.begin(), end, std::string_view("watch"));
  auto const option = std::find(watch, end, std::string_view("--exec"));
  if (option == end || option + 1 == words.end()) return {}; // no program: CLI11 reports it
  auto const first = option + 1 == end ? option + 2 : option + 1;
  std::vector<std::string> out(first, words.end());
  words.erase(option + 2, words.end());
  words.back() = "COMMAND"; // the value that CLI11 expects after the option
  return out;
}

} // namespace

std::variant<invocation, early_end> parse_command_line(int argc, char const* const* argv) {
  action chosen;
  global_options options;
  CLI::App app("Read, change and observe the configuration of this machine", "cfgctl");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(footer);
  add_global_options(app, options);
  add_commands({.app = app, .chosen = chosen});
  add_help_commands({.app = app, .chosen = chosen});
  std::vector<std::string> program;
  add_complete_command({.app = app, .chosen = chosen}, program);
  add_aliases(app);
  for (CLI::App* sub : app.get_subcommands({}))
    sub->fallthrough();

  std::vector<char const*> words(argv, argv + argc);
  auto const end = std::find(words.begin(), words.end(), std::string_view("--"));
  bool const as_json = std::find(words.begin(), end, std::string_view("--json")) != end;
  for (std::size_t at = 1; at < words.size(); ++at) {
    if (!is_clean_text(words[at])) {
      bool const as_plugin = std::string_view(words[1]) == "health";
      return usage_error("argument " + std::to_string(at) + " is not valid UTF-8; nothing was done",
                         as_plugin, as_json);
    }
  }
  program = take_program(words);
  try {
    app.parse(static_cast<int>(words.size()), words.data());
  } catch (CLI::ParseError const& why) {
    return early_end_of(app, why, as_json);
  }
  BOOST_ASSERT(chosen);
  std::string const name = app.get_subcommands().front()->get_name();
  bool const is_long = std::ranges::find(long_commands, name) != long_commands.end();
  invocation out{.all = context_of(options), .run = std::move(chosen)};
  out.is_long = is_long && out.all.where.terminal && !options.no_pager;
  out.all.program = std::move(program);
  return out;
}

} // namespace cfgd::cfgctl
