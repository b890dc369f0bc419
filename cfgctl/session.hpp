#pragma once

#include "cfgctl/context.hpp"
#include "cfgctl/described_json.hpp"
#include "cfgctl/output.hpp"
#include "client/connection.hpp"
#include "client/detail/methods.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// What the commands have in common: connect, ask, print the reply as text or JSON, exit code.
namespace cfgd::cfgctl {

namespace methods = wire::methods;

/// Limit of every operation, unless --timeout sets another one.
inline constexpr std::chrono::seconds default_time_limit{30};

/// Connects to the service that the command line names.
[[nodiscard]] client::result<client::connection> connect(context const& all);

/// Closes a connection, before another one is made.
inline void close(client::connection& service) {
  client::connection const last(std::move(service));
}

/// Prints on standard error why `what` failed, with --json also an object on standard output;
/// returns the exit code for it. A namespace that does not exist gets a suggestion.
exit_code report(context const& all, std::string_view what, client::call_error const& why);

/// The same for a failure that was found here: `text` is the whole message.
exit_code fail(context const& all, std::string const& text, exit_code code = exit_code::refused);

/// Prints a remark, "cfgctl: <text>", on standard error, made printable. Returns `code`.
exit_code complain_line(std::string const& text, exit_code code = exit_code::refused);

/// Reports a damaged record of the history, which `command` has left out.
void complain_damaged(std::string const& command, client::revision_number revision);

/// Prints "warning: <text>" on standard error.
void warn(std::string const& text);

/// Prints `as_json` or `as_text`, whichever the command line asks for.
void show(context const& all, boost::json::value const& as_json, std::string const& as_text);

/// Connects and makes one call: `fetch` is a function of client::connection and of `with` that
/// returns a result, or a member of it.
template <class Fetch, class... Arguments>
auto call(context const& all, Fetch fetch, Arguments const&... with)
    -> std::invoke_result_t<Fetch, client::connection&, Arguments const&...> {
  auto service = connect(all);
  if (!service) return service.error();
  return std::invoke(fetch, *service, with...);
}

/// The --json half of ask().
exit_code ask_for_json(context const& all, std::string_view what, std::string_view method,
                       boost::json::object const& parameters);

/// The text half: calls a method and puts the parts of its reply together.
template <class Method>
client::result<typename Method::reply> fetch(client::connection& service, Method const& method,
                                             boost::json::object const& parameters) {
  typename Method::reply out;
  client::result<void> outcome;
  auto const take = [&](boost::json::object& part) {
    auto next = wire::decode<typename Method::reply>(method.name, std::move(part));
    if (!next) outcome = next.error();
    if (next) wire::merge(out, std::move(*next));
    return next ? client::step::more : client::step::stop;
  };
  if (method.answer == wire::replies::one) {
    auto reply = service.call(method.name, parameters);
    if (!reply) return reply.error();
    take(*reply);
  } else if (auto const done = service.call_more(method.name, parameters, take); !done) {
    return done.error();
  }
  if (!outcome) return outcome.error();
  return out;
}

/// Calls a method and prints the reply: with --json the parameters of the reply as they came, else
/// a text. `text` gets the reply, or its only field, nothing if it has none; before it the screen
/// if it takes one. `what` names the call in messages: "status".
template <class Method, class Text>
exit_code ask(context const& all, std::string const& what, Method const& method,
              typename Method::request const& with, Text text) {
  auto const parameters = parameters_of(with);
  if (all.as_json()) return ask_for_json(all, what, method.name, parameters);
  auto whole = call(all, fetch<Method>, method, parameters);
  if (!whole) return report(all, what, whole.error());
  auto const found = wire::give_result(std::move(*whole));
  if constexpr (std::is_invocable_v<Text>) {
    print(text());
  } else if constexpr (std::is_invocable_v<Text, screen const&, decltype(*found)>) {
    print(text(all.where, *found));
  } else {
    print(text(*found));
  }
  return exit_code::ok;
}

} // namespace cfgd::cfgctl
