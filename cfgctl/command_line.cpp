/// The command line, with CLI11.
///
/// CLI11 writes straight into the members that it is given, so every sub-command's struct is
/// created first (`parsed`), filled in by the parser, and the sub-command that was named chooses
/// one of them when all is read. The families of commands are declared in a file each; here are the
/// global options and what concerns the service itself. CLI11's own exit codes
/// (100 and up) and streams are not used: what it has to say is handed to main as text.
///
/// Global options may stand before and behind the sub-command (fallthrough).

#include "cfgctl/command_line.hpp"

#include "cfgctl/command_line_parts.hpp"

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
    "Keys are dotted: site.title, hosts.\"db.example.org\".port. A VALUE is JSON, or, where it is\n"
    "none, a string. A DURATION is 60s, 15m, 2h, 1d.\n"
    "\n"
    "Exit codes: 0 done; 1 the service said no, or a key has no value; 2 wrong command line;\n"
    "3 the service cannot be reached; 4 time ran out or the connection broke.\n"
    "\n"
    "Environment: CFGD_SOCKET, the socket if --socket is not given; NO_COLOR, no colour.\n"
    "See cfgctl(1).";

void add_global_options(CLI::App& app, parsed& into) {
  app.add_option("--socket", into.socket, "Socket of the service")->type_name("PATH");
  app.add_flag("--json", into.json, "Print JSON: one document, for watch one a line");
  app.add_option("--timeout", into.timeout_s, "Longest wait for an answer, 0: for ever [30]")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--color", into.color, "auto, always or never [auto]")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.set_version_flag("--version", "cfgctl " CFGD_VERSION);
}

void add_service_commands(CLI::App& app, parsed& into) {
  auto* sync = app.add_subcommand("sync", "Wait until all file edits are in force or refused");
  choose(*sync, into, [] { return sync_command(); });
  auto* status = app.add_subcommand("status", "Print the state of the service");
  choose(*status, into, [] { return status_command(); });
  auto* sources = app.add_subcommand("sources", "Print the configuration files and their state");
  choose(*sources, into, [] { return sources_command(); });
  auto* reload = app.add_subcommand("reload", "Read every file again");
  choose(*reload, into, [] { return reload_command(); });

  auto* cache = app.add_subcommand("cache", "The cache of values");
  cache->require_subcommand(1);
  cache->fallthrough();
  using action = cache_command::action;
  auto* stats = cache->add_subcommand("stats", "Print its figures");
  choose(*stats, into, [] { return cache_command{action::stats, {}}; });
  auto* invalidate = cache->add_subcommand("invalidate", "Drop what is cached");
  auto* warm = cache->add_subcommand("warm", "Fill it");
  for (CLI::App* one : {invalidate, warm}) {
    one->add_option("NAMESPACE", into.name_space, "Only this namespace")->type_name("");
  }
  choose(*invalidate, into, [&] { return cache_command{action::invalidate, into.name_space}; });
  choose(*warm, into, [&] { return cache_command{action::warm, into.name_space}; });
}

void add_varlink_commands(CLI::App& app, parsed& into) {
  auto* call = app.add_subcommand("call", "Call any method of the service");
  call->add_option("METHOD", into.call.method, "For example io.cfgd.Config.Get")
      ->required()
      ->type_name("");
  call->add_option("JSON", into.call.parameters, "Parameters, an object")->type_name("");
  auto* more = call->add_flag("--more", into.more, "Ask for more than one reply");
  call->add_flag("--oneway", into.oneway, "Ask for no reply")->excludes(more);
  choose(*call, into, [&] {
    if (into.more) into.call.how = call_command::mode::more;
    if (into.oneway) into.call.how = call_command::mode::oneway;
    return into.call;
  });

  auto* interfaces = app.add_subcommand("interfaces", "Print the names of the interfaces");
  choose(*interfaces, into, [] { return interfaces_command(); });
  auto* introspect = app.add_subcommand("introspect", "Print an interface");
  introspect->add_option("INTERFACE", into.introspect.interface, "For example io.cfgd.Config")
      ->required()
      ->type_name("");
  choose(*introspect, into, [&] { return into.introspect; });
}

early_end ended(CLI::App const& app, CLI::ParseError const& why) {
  std::ostringstream out;
  std::ostringstream err;
  int const code = app.exit(why, out, err);
  if (code == 0) return {exit_code::ok, out.str(), {}};
  std::string message = why.what();
  auto const unknown = app.remaining(true);
  if (app.get_subcommands().empty() && !unknown.empty()) {
    message = "there is no command '" + unknown.front() + '\'';
  }
  // A monitoring plugin says unknown, where 2 would be critical.
  bool const plugin = app.got_subcommand("health");
  return {plugin ? exit_code::unreachable : exit_code::usage,
          {},
          "cfgctl: " + message + "\nSee 'cfgctl --help'.\n"};
}

/// Takes the program of 'watch --exec' off the end of the command line: its own options are not
/// cfgctl's.
std::vector<std::string> take_program(std::vector<char const*>& words) {
  auto const end = std::find(words.begin(), words.end(), std::string_view("--"));
  auto const watch = std::find(words.begin(), end, std::string_view("watch"));
  auto const option = std::find(watch, end, std::string_view("--exec"));
  if (option == end || option + 1 == words.end()) return {}; // without a program CLI11 complains
  auto const first = option + 1 == end ? option + 2 : option + 1;
  std::vector<std::string> out(first, words.end());
  words.erase(option + 2, words.end());
  words.back() = "COMMAND"; // for what depends on the option
  return out;
}

} // namespace

std::variant<invocation, early_end> parse_command_line(int argc, char const* const* argv) {
  parsed into;
  CLI::App app("Read, change and observe the configuration of this machine", "cfgctl");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(footer);
  add_global_options(app, into);
  add_value_commands(app, into);
  add_change_commands(app, into);
  add_history_commands(app, into);
  add_service_commands(app, into);
  add_health_commands(app, into);
  add_varlink_commands(app, into);
  add_offline_commands(app, into);
  for (CLI::App* sub : app.get_subcommands({}))
    sub->fallthrough();

  std::vector<char const*> words(argv, argv + argc);
  auto program = take_program(words);
  try {
    app.parse(static_cast<int>(words.size()), words.data());
  } catch (CLI::ParseError const& why) {
    return ended(app, why);
  }

  invocation out;
  out.socket = std::move(into.socket);
  out.format = into.json ? output_format::json : output_format::text;
  if (into.color == "always") out.color = color_choice::always;
  if (into.color == "never") out.color = color_choice::never;
  if (into.timeout_s >= 0) {
    // Zero is none; a very small one must not become none.
    out.time_limit = std::chrono::milliseconds(std::lround(std::ceil(into.timeout_s * 1000)));
  }
  BOOST_ASSERT(into.chosen);
  if (auto* const watch = std::get_if<watch_command>(&*into.chosen);
      watch != nullptr && !program.empty()) {
    watch->program = std::move(program);
  }
  out.what = std::move(*into.chosen);
  return out;
}

} // namespace cfgd::cfgctl
