/// wait: returns when a key has a value, or a revision is applied, for scripts.
///
/// It is a watch that ends at a value. The library reconnects, so that a restart of the service
/// does not end it.

#include "cfgctl/commands/assignment.hpp"
#include "cfgctl/commands/consumers.hpp"
#include "cfgctl/commands/declare.hpp"
#include "cfgctl/failure_report.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"
#include "client/watcher.hpp"
#include "core/untyped.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <exception>
#include <utility>

namespace asio = boost::asio;

namespace cfgd::cfgctl {
namespace {

/// What is waited for: any value, if there is none.
struct condition {
  std::string key;
  std::optional<boost::json::value> value;
  std::string written; ///< the value as it was typed
};

result<condition> parse_condition(std::string const& text) {
  auto const end = end_of_key(text);
  if (end == text.npos) return condition{.key = text, .value = {}, .written = {}};
  auto one = parse_assignment(text);
  if (!one) return one.error();
  if (one->value.is_object()) {
    return error{.code = errc::bad_value,
                 .message = "an object cannot be waited for; wait for one of its members",
                 .subject = one->key};
  }
  return condition{
      .key = std::move(one->key), .value = std::move(one->value), .written = text.substr(end + 1)};
}

/// Whether `set` may have made this value of the same text: the schema of a key decides whether 12
/// and 1.10 are numbers or strings.
bool is_value(boost::json::value const& found, condition const& wanted) {
  if (found == *wanted.value) return true;
  if (auto const* const text = found.if_string())
    return std::string_view(text->data(), text->size()) == wanted.written;
  auto const number = number_of_text(wanted.written);
  return number && found == *number;
}

/// The value that ends the wait, if the event has it.
boost::json::value const* match_of(client::watch_event const& event, condition const& wanted) {
  if (!wanted.value) return event.values.empty() ? nullptr : &event.values.begin()->value();
  auto const* const found = event.values.if_contains(wanted.key);
  return found != nullptr && is_value(*found, wanted) ? found : nullptr;
}

/// Unlike report(), it does not speak of a request that may still be carried out.
exit_code report_late(context const& all, std::string const& doing) {
  std::string const text = doing + ": time ran out";
  complain_line(text);
  client::call_error why;
  why.kind = client::failure::timed_out;
  if (all.as_json()) print(json_text(all.where, failure_json(text, why)));
  return exit_code_of(why);
}

asio::awaitable<exit_code> wait_for(client::watcher& events, context const& all,
                                    condition const& wanted, bool const& late) {
  std::string const doing = "wait " + wanted.key;
  for (;;) {
    auto const event = co_await events.next();
    if (late) co_return report_late(all, doing);
    if (!event) co_return report(all, doing, event.error());
    auto const* const found = match_of(*event, wanted);
    if (found == nullptr) continue;
    boost::json::object as_json{{"values", event->values}};
    as_json["revision"] = event->revision;
    show(all, as_json, value_lines(all.where, event->values));
    co_return exit_code::ok;
  }
}

struct wait_options {
  std::string what; ///< KEY, KEY=VALUE or a revision
  std::vector<std::string> consumers;
};

bool is_revision(std::string const& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

exit_code run(context const& all, wait_options const& asked) {
  // No namespace begins with a digit.
  if (is_revision(asked.what))
    return wait_for_revision(all, parse_revision(asked.what), asked.consumers);
  if (!asked.consumers.empty())
    return fail(all, "wait: --consumer is for a revision", exit_code::usage);
  auto const wanted = parse_condition(asked.what);
  if (!wanted) return fail(all, to_string(wanted.error()), exit_code::usage);
  asio::io_context loop{1};
  client::watch_options how;
  how.prefixes = {wanted->key};
  how.address = all.socket;
  client::watcher events(loop.get_executor(), std::move(how));

  bool late = false;
  asio::steady_timer timer(loop);
  if (all.time_limit.value_or(std::chrono::milliseconds(0)).count() > 0) {
    timer.expires_after(*all.time_limit);
    timer.async_wait([&](boost::system::error_code failed) {
      late = !failed;
      if (late) events.stop();
    });
  }
  exit_code code = exit_code::trouble;
  std::exception_ptr thrown;
  asio::co_spawn(loop, wait_for(events, all, *wanted, late),
                 [&](std::exception_ptr problem, exit_code ended) {
                   thrown = std::move(problem);
                   code = ended;
                   timer.cancel();
                 });
  loop.run();
  if (thrown) std::rethrow_exception(thrown);
  return code;
}

} // namespace

void add_wait_command(declarations const& to) {
  auto const waiting = declare(
      to, "wait", "Wait until a key has a value, or a revision is applied; at most --timeout", run);
  add_argument(waiting.app, "CONDITION", waiting.options.what,
               "KEY=VALUE; KEY, with any value; or a revision")
      ->required();
  add_option(waiting.app, "--consumer", waiting.options.consumers, "NAME",
             "Wait for this consumer, not for all that the revision concerns")
      ->expected(1)
      ->take_all();
}

} // namespace cfgd::cfgctl
