/// watch: prints the state and every change of it, or runs a program for each, until it is told to
/// stop.
///
/// The library reconnects; here a lost connection is one line on standard error. Each event is
/// written whole before the next one is read, so a reader that is slow slows this watch down and
/// the service sees it. Programs
/// are another matter (watch_exec).

#include "cfgctl/failure_report.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/stop_source.hpp"
#include "cfgctl/text/values.hpp"
#include "cfgctl/commands/watch_exec.hpp"
#include "client/watcher.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <exception>
#include <utility>

namespace asio = boost::asio;

namespace cfgd::cfgctl {
namespace {

void tell_lost(client::call_error const& why) {
  complain(printable("cfgctl: watch: " + why.message + "; trying again\n"));
}

client::watch_options options_of(context const& all, watch_command const& what) {
  client::watch_options out;
  out.prefixes = what.prefixes;
  out.after_revision = what.after;
  out.address = all.asked.socket;
  out.time_limit = all.asked.time_limit.value_or(default_time_limit);
  out.on_lost = tell_lost;
  // A program is told what changed, also where the service no longer knows.
  if (!what.program.empty()) out.resync = client::resync_mode::differences;
  return out;
}

/// Prints until `until` says stop or the watch fails.
asio::awaitable<exit_code> print_events(client::watcher& events, context const& all,
                                        stop_source const& until, bool const& stopped) {
  bool const as_json = all.asked.format == output_format::json;
  for (;;) {
    auto const event = co_await events.next();
    if (stopped) co_return exit_code::ok;
    if (!event) co_return report("watch", event.error());
    std::string text;
    if (as_json) {
      text = event_json(all.where, *event);
    } else {
      text = event_text(all.where, *event);
    }
    if (!until.print(text)) co_return exit_code::ok;
  }
}

/// Whether a program is run for it. The state is none that it is run for unless that is wanted.
bool deserves_run(client::watch_event const& event, watch_command const& what) {
  bool const is_state = event.ready && !event.resync && !what.after;
  return is_state ? what.initial : !event.values.empty() || !event.removed.empty();
}

/// Hands events to a program until the watch ends.
asio::awaitable<exit_code> run_programs(client::watcher& events, watch_command const& what,
                                        event_programs& programs, bool const& stopped) {
  for (;;) {
    auto event = co_await events.next();
    if (stopped || !event) programs.stop();
    if (stopped) co_return exit_code::ok;
    if (!event) co_return report("watch", event.error());
    if (deserves_run(*event, what)) programs.add(std::move(*event));
  }
}

} // namespace

exit_code run(context const& all, watch_command const& what) {
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
  event_programs programs(loop, what.program);
  asio::co_spawn(loop,
                 what.program.empty() ? print_events(events, all, until, stopped)
                                      : run_programs(events, what, programs, stopped),
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

} // namespace cfgd::cfgctl
