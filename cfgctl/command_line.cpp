/// The command line, with CLI11.
///
/// Each family of commands declares its own options (commands/); the global options are declared
/// here. They may stand before or after the command (CLI11's fallthrough). CLI11's own exit codes
/// (100 and up) and streams are not used: its messages are returned to main as text.

#include "cfgctl/command_line.hpp"

#include "cfgctl/commands/declare.hpp"
#include "core/text.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

namespace cfgd::cfgctl {
namespace {

constexpr char const* footer =
    "Keys are dotted: site.title, hosts.\"db.example.org\".port. A VALUE is JSON; anything that "
    "is\n"
    "not valid JSON is a string. A DURATION is 60s, 15m, 2h, 1d.\n"
    "\n"
    "Exit codes: 0 done; 1 the service rejected the request, or a key has no value; 2 wrong "
    "command\n"
    "line; 3 the service cannot be reached; 4 time ran out or the connection broke.\n"
    "\n"
    "Environment: CFGD_SOCKET, the socket if --socket is not given; NO_COLOR, no colours.\n"
    "See cfgctl(1).";

struct global_options {
  std::string socket;
  bool json = false;
  std::string color = "auto";
  double timeout_s = -1;
};

void add_global_options(CLI::App& app, global_options& into) {
  app.add_option("--socket", into.socket, "Socket of the service")->type_name("PATH");
  app.add_flag("--json", into.json, "Print JSON: one document, or one a line for watch");
  app.add_option("--timeout", into.timeout_s, "Time limit for a reply, 0 for none [30]")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--color", into.color, "auto, always or never [auto]")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.set_version_flag("--version", "cfgctl " CFGD_VERSION);
}

context context_of(global_options const& from) {
  context out;
  out.socket = from.socket;
  out.format = from.json ? output_format::json : output_format::text;
  if (from.timeout_s >= 0) {
    // Rounded up: a very small limit must not become 0, which means no limit.
    out.time_limit = std::chrono::milliseconds(std::lround(std::ceil(from.timeout_s * 1000)));
  }
  auto const color = from.color == "always"  ? color_choice::always
                     : from.color == "never" ? color_choice::never
                                             : color_choice::automatic;
  out.where = screen_of_output(color);
  return out;
}

void add_commands(declarations const& to) {
  add_read_commands(to);
  add_watch_command(to);
  add_validate_command(to);
  add_export_command(to);
  add_change_commands(to);
  add_layer_commands(to);
  add_edit_commands(to);
  add_file_commands(to);
  add_pending_commands(to);
  add_log_commands(to);
  add_history_commands(to);
  add_service_commands(to);
  add_health_commands(to);
  add_top_command(to);
  add_doctor_command(to);
  add_limits_command(to);
  add_varlink_commands(to);
  add_check_command(to);
  add_init_command(to);
  add_schema_command(to);
  add_backup_commands(to);
}

early_end early_end_of(CLI::App const& app, CLI::ParseError const& why) {
  std::ostringstream out;
  std::ostringstream err;
  int const code = app.exit(why, out, err);
  if (code == 0) return {exit_code::ok, out.str(), {}};
  std::string message = why.what();
  auto const unknown = app.remaining(true);
  if (app.get_subcommands().empty() && !unknown.empty()) {
    message = "there is no command '" + unknown.front() + '\'';
  }
  // A monitoring plugin ends with 3, unknown: 2 would be critical.
  bool const plugin = app.got_subcommand("health");
  return {plugin ? exit_code::unreachable : exit_code::usage,
          {},
          "cfgctl: " + message + "\nSee 'cfgctl --help'.\n"};
}

/// Removes the program of 'watch --exec' from the end of the command line, because its options must
/// not be parsed as cfgctl's.
std::vector<std::string> take_program(std::vector<char const*>& words) {
  auto const end = std::find(words.begin(), words.end(), std::string_view("--"));
  auto const watch = std::find(words.begin(), end, std::string_view("watch"));
  auto const option = std::find(watch, end, std::string_view("--exec"));
  if (option == end || option + 1 == words.end()) return {}; // no program: CLI11 reports it
  auto const first = option + 1 == end ? option + 2 : option + 1;
  std::vector<std::string> out(first, words.end());
  words.erase(option + 2, words.end());
  words.back() = "COMMAND"; // the value that CLI11 expects after the option
  return out;
}

/// The end of a command line with a word that JSON cannot carry.
std::optional<early_end> find_unreadable(std::vector<char const*> const& words) {
  for (std::size_t index = 1; index < words.size(); ++index) {
    if (is_clean_text(words[index])) continue;
    bool const plugin = std::string_view(words[1]) == "health";
    return early_end{plugin ? exit_code::unreachable : exit_code::usage,
                     {},
                     "cfgctl: argument " + std::to_string(index) +
                         " is not valid UTF-8; nothing was done\n"};
  }
  return std::nullopt;
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
  for (CLI::App* sub : app.get_subcommands({}))
    sub->fallthrough();

  std::vector<char const*> words(argv, argv + argc);
  auto program = take_program(words);
  if (auto wrong = find_unreadable(words)) return *std::move(wrong);
  try {
    app.parse(static_cast<int>(words.size()), words.data());
  } catch (CLI::ParseError const& why) {
    return early_end_of(app, why);
  }
  BOOST_ASSERT(chosen);
  invocation out{.all = context_of(options), .run = std::move(chosen)};
  out.all.program = std::move(program);
  return out;
}

} // namespace cfgd::cfgctl
