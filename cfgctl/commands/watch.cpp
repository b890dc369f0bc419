/// watch: prints the values and every change of them, or runs a program for each change, until it
/// is interrupted.
///
/// The library reconnects; each lost connection is one line on standard error. Each event is
/// written whole before the next one is read, so that a slow reader slows down this watch only.
/// Programs run beside the watch (watch_exec).

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/commands/suggest.hpp"
#include "cfgctl/commands/watch_exec.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/stop_source.hpp"
#include "cfgctl/text/values.hpp"
#include "client/watcher.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace asio = boost::asio;

namespace cfgd::cfgctl {
namespace {

struct options {
  std::vector<std::string> prefixes; ///< empty: everything
  std::optional<client::revision_number> after;
  std::vector<std::string> program; ///< where CLI11 stores it; context::program has all its words
  bool initial = false;
  bool hidden = false;
  bool strict = false; ///< a prefix without values is an error
};

void report_lost(client::call_error const& why) {
  complain_line("watch: " + why.message + "; trying again");
}

client::watch_options options_of(context const& all, options const& what) {
  client::watch_options out;
  out.prefixes = what.prefixes;
  out.after_revision = what.after;
  out.address = all.socket;
  out.time_limit = all.time_limit.value_or(default_time_limit);
  out.on_lost = report_lost;
  out.hidden = what.hidden;
  // A program gets the differences also where the history of the service does not reach back.
  if (!all.program.empty()) out.resync = client::resync_mode::differences;
  return out;
}

/// Reports the prefixes that have no value. False if one has none and that is an error.
bool all_exist(context const& all, options const& what, boost::json::object const& known) {
  bool good = true;
  for (std::string const& prefix : what.prefixes) {
    bool const exists = std::ranges::any_of(known, [&](auto const& member) {
      std::string_view const key = member.key();
      return key.starts_with(prefix) && (key.size() == prefix.size() || key[prefix.size()] == '.');
    });
    if (exists) continue;
    std::string const text = "there is no key '" + prefix + '\'' + key_hint(all, prefix);
    what.strict ? static_cast<void>(fail(all, "watch: " + text)) : warn(text);
    good = good && !what.strict;
  }
  return good;
}

/// Prints until `until` is ready or the watch fails.
asio::awaitable<exit_code> print_events(client::watcher& events, context const& all,
                                        options const& what, stop_source const& until,
                                        bool const& stopped) {
  boost::json::object known;
  for (;;) {
    auto const event = co_await events.next();
    if (stopped) co_return exit_code::ok;
    if (!event) co_return report(all, "watch", event.error());
    auto const text = event_text(all.where, *event, known);
    if (!until.print(all.as_json() ? event_json(all.where, *event) : text)) co_return exit_code::ok;
    bool const is_state = event->ready && !event->resync && !what.after;
    if (is_state && !all_exist(all, what, known)) co_return exit_code::refused;
  }
}

/// Whether the program is run for an event: for changes, and for the state with --initial.
bool deserves_run(client::watch_event const& event, options const& what) {
  bool const is_state = event.ready && !event.resync && !what.after;
  return is_state ? what.initial : !event.values.empty() || !event.removed.empty();
}

/// Hands events to a program until the watch ends.
asio::awaitable<exit_code> run_programs(client::watcher& events, context const& all,
                                        options const& what, event_programs& programs,
                                        bool const& stopped) {
  for (;;) {
    auto event = co_await events.next();
    if (stopped || !event) programs.stop();
    if (stopped) co_return exit_code::ok;
    if (!event) co_return report(all, "watch", event.error());
    if (deserves_run(*event, what)) programs.add(std::move(*event));
  }
}

exit_code run(context const& all, options const& what) {
  stop_source const until;
  asio::io_context loop{1};
  client::watcher events(loop.get_executor(), options_of(all, what));

  bool stopped = false;
  asio::posix::stream_descriptor stop(loop, until.descriptor());
  stop.async_wait(asio::posix::stream_descriptor::wait_read, [&](boost::system::error_code failed) {
    if (failed) return;
    stopped = true;
    events.stop();
  });

  exit_code code = exit_code::trouble;
  std::exception_ptr thrown;
  event_programs programs(loop, all.program);
  asio::co_spawn(loop,
                 all.program.empty() ? print_events(events, all, what, until, stopped)
                                     : run_programs(events, all, what, programs, stopped),
                 [&](std::exception_ptr problem, exit_code ended) {
                   thrown = std::move(problem);
                   code = ended;
                   stop.cancel();
                 });
  loop.run();
  stop.release(); // it belongs to `until`
  if (thrown) std::rethrow_exception(thrown);
  return code;
}

} // namespace

void add_watch_command(declarations const& to) {
  auto const watching = declare(to, "watch", "Print values, and every change of them", run);
  auto& into = watching.options;
  add_argument(watching.app, "PREFIX", into.prefixes, "Keys or prefixes; without, everything");
  add_revision(watching.app, "--after", into.after, "Begin after this revision")->type_name("N");
  watching->add_flag("--hidden", into.hidden, "Also print edits of files that have no effect");
  auto* const program = watching->add_option(
      "--exec", into.program, "Run this at each change; all words that follow belong to it");
  program->type_name("COMMAND")->expected(-1);
  watching->add_flag("--strict", into.strict, "Fail if a prefix has no value at first");
  watching->add_flag("--initial", into.initial, "Run it for the current values as well")
      ->needs(program);
}

} // namespace cfgd::cfgctl
