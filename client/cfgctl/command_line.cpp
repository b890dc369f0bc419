/// The command line, with CLI11.
///
/// CLI11 writes straight into the members that it is given, so every sub-command's struct is
/// created first, filled in by the parser, and one of them is chosen afterwards. Its own exit codes
/// (100 and up) and streams are not used: what it has to say is handed to main as text.
///
/// Global options may stand before and behind the sub-command (fallthrough).

#include "client/cfgctl/command_line.hpp"

#include <CLI/CLI.hpp>

#include <cmath>
#include <map>
#include <sstream>
#include <utility>

namespace cfgd::cfgctl {
namespace {

constexpr char const* footer =
    "Keys are dotted: site.title, hosts.\"db.example.org\".port. A VALUE is JSON, or, where it is\n"
    "none, a string.\n"
    "\n"
    "Exit codes: 0 done; 1 the service said no, or a key has no value; 2 wrong command line;\n"
    "3 the service cannot be reached; 4 time ran out or the connection broke.\n"
    "\n"
    "Environment: CFGD_SOCKET, the socket if --socket is not given; NO_COLOR, no colour.\n"
    "See cfgctl(1).";

/// Where CLI11 puts what it reads.
struct parsed {
  std::string socket;
  bool json = false;
  std::string color = "auto";
  double timeout_s = -1;

  get_command get;
  list_command list;
  explain_command explain;
  change_command set;
  change_command unset;
  watch_command watch;
  std::string name_space;
  call_command call;
  bool more = false;
  bool oneway = false;
  introspect_command introspect;
};

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

void add_change_options(CLI::App& command, change_command& into) {
  command.add_option("--comment", into.comment, "Text for the change log")->type_name("TEXT");
  command.add_option("--if-revision", into.if_revision, "Only if the service is at this revision")
      ->type_name("N");
  command.add_flag("--dry-run", into.dry_run, "Check everything, change nothing");
}

void add_key_commands(CLI::App& app, parsed& into) {
  auto* get = app.add_subcommand("get", "Print the values of keys");
  get->add_option("KEY", into.get.keys, "Keys")->required()->type_name("");

  auto* list = app.add_subcommand("list", "Print the keys below a prefix and their values");
  list->add_option("PREFIX", into.list.prefix, "A key; without it, everything")->type_name("");

  auto* explain = app.add_subcommand("explain", "Tell why a key has the value it has");
  explain->add_option("KEY", into.explain.key, "A key")->required()->type_name("");

  auto* set = app.add_subcommand("set", "Change keys, all of them or none");
  set->add_option("KEY=VALUE", into.set.assignments, "What to set")->required()->type_name("");
  add_change_options(*set, into.set);

  auto* unset = app.add_subcommand("unset", "Remove keys from the override layer");
  unset->add_option("KEY", into.unset.unset, "Keys")->required()->type_name("");
  add_change_options(*unset, into.unset);

  auto* watch = app.add_subcommand("watch", "Print values, and every change of them");
  watch->add_option("PREFIX", into.watch.prefixes, "Keys or prefixes; without, everything")
      ->type_name("");
  watch->add_option("--after", into.watch.after, "Begin behind this revision")->type_name("N");
}

void add_service_commands(CLI::App& app, parsed& into) {
  app.add_subcommand("sync", "Wait until all file edits are in force or refused");
  app.add_subcommand("status", "Print the state of the service");
  app.add_subcommand("sources", "Print the configuration files and their state");
  app.add_subcommand("reload", "Read every file again");

  auto* cache = app.add_subcommand("cache", "The cache of values");
  cache->require_subcommand(1);
  cache->fallthrough();
  cache->add_subcommand("stats", "Print its figures");
  auto* invalidate = cache->add_subcommand("invalidate", "Drop what is cached");
  auto* warm = cache->add_subcommand("warm", "Fill it");
  for (CLI::App* one : {invalidate, warm}) {
    one->add_option("NAMESPACE", into.name_space, "Only this namespace")->type_name("");
  }
}

void add_varlink_commands(CLI::App& app, parsed& into) {
  auto* call = app.add_subcommand("call", "Call any method of the service");
  call->add_option("METHOD", into.call.method, "For example io.cfgd.Config.Get")
      ->required()
      ->type_name("");
  call->add_option("JSON", into.call.parameters, "Parameters, an object")->type_name("");
  auto* more = call->add_flag("--more", into.more, "Ask for more than one reply");
  call->add_flag("--oneway", into.oneway, "Ask for no reply")->excludes(more);

  app.add_subcommand("interfaces", "Print the names of the interfaces");
  auto* introspect = app.add_subcommand("introspect", "Print an interface");
  introspect->add_option("INTERFACE", into.introspect.interface, "For example io.cfgd.Config")
      ->required()
      ->type_name("");
}

cache_command cache_of(CLI::App const& cache, parsed const& from) {
  using action = cache_command::action;
  if (cache.got_subcommand("invalidate")) return {action::invalidate, from.name_space};
  if (cache.got_subcommand("warm")) return {action::warm, from.name_space};
  return {action::stats, {}};
}

command chosen(CLI::App const& app, parsed& from) {
  CLI::App const& sub = *app.get_subcommands().front();
  std::string const& name = sub.get_name();
  if (name == "get") return std::move(from.get);
  if (name == "list") return std::move(from.list);
  if (name == "explain") return std::move(from.explain);
  if (name == "set") return std::move(from.set);
  if (name == "unset") return std::move(from.unset);
  if (name == "watch") return std::move(from.watch);
  if (name == "sync") return sync_command();
  if (name == "status") return status_command();
  if (name == "sources") return sources_command();
  if (name == "reload") return reload_command();
  if (name == "cache") return cache_of(sub, from);
  if (name == "interfaces") return interfaces_command();
  if (name == "introspect") return std::move(from.introspect);
  if (from.more) from.call.how = call_command::mode::more;
  if (from.oneway) from.call.how = call_command::mode::oneway;
  return std::move(from.call);
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
  return {exit_code::usage, {}, "cfgctl: " + message + "\nSee 'cfgctl --help'.\n"};
}

} // namespace

std::variant<invocation, early_end> parse_command_line(int argc, char const* const* argv) {
  parsed into;
  CLI::App app("Read, change and observe the configuration of this machine", "cfgctl");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(footer);
  add_global_options(app, into);
  add_key_commands(app, into);
  add_service_commands(app, into);
  add_varlink_commands(app, into);
  for (CLI::App* sub : app.get_subcommands({}))
    sub->fallthrough();

  try {
    app.parse(argc, argv);
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
  out.what = chosen(app, into);
  return out;
}

} // namespace cfgd::cfgctl
