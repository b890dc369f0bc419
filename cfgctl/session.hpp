#pragma once

#include "cfgctl/context.hpp"
#include "cfgctl/output.hpp"
#include "client/connection.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>

/// What the commands have in common: connect, ask, print the reply as text or JSON, exit code.
namespace cfgd::cfgctl {

/// Limit of every operation, unless --timeout sets another one.
inline constexpr std::chrono::seconds default_time_limit{30};

/// Connects to the service that the command line names.
[[nodiscard]] client::result<client::connection> connect(context const& all);

/// Prints on standard error why `what` failed; returns the exit code for it.
exit_code report(std::string_view what, client::call_error const& why);

/// Prints "cfgctl: <text>" and a newline on standard error, made printable.
void complain_line(std::string const& text);

/// Prints `as_json` or `as_text`, whichever the command line asks for.
void show(context const& all, boost::json::value const& as_json, std::string const& as_text);

/// Connects and makes one call: `fetch` is a function of client::connection that returns a result,
/// or a member of it.
template <class Fetch>
auto call(context const& all, Fetch fetch) -> std::invoke_result_t<Fetch, client::connection&> {
  auto service = connect(all);
  if (!service) return service.error();
  return std::invoke(fetch, *service);
}

/// A method with one reply, which --json prints as it came.
struct question {
  std::string what; ///< for messages: "status"
  std::string_view method;
  boost::json::object parameters = {};
};

/// The --json half of ask().
exit_code ask_for_json(context const& all, question const& asked);

/// Makes a call and prints the reply: with --json the parameters of the reply, else the text that
/// `text` makes of what `fetch` returns. `fetch` is as in call().
template <class Fetch, class Text>
exit_code ask(context const& all, question const& asked, Fetch fetch, Text text) {
  if (all.as_json()) return ask_for_json(all, asked);
  auto const found = call(all, fetch);
  if (!found) return report(asked.what, found.error());
  if constexpr (std::is_void_v<typename std::remove_cvref_t<decltype(found)>::value_type>) {
    print(text());
  } else {
    print(text(*found));
  }
  return exit_code::ok;
}

} // namespace cfgd::cfgctl
