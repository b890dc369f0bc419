#pragma once

#include "cfgctl/commands/commands.hpp"
#include "client/connection.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace cfgd::cfgctl {

/// Of every operation, unless --timeout says otherwise.
inline constexpr std::chrono::seconds default_time_limit{30};

/// Connects as the command line wants it.
[[nodiscard]] client::result<client::connection> connect(context const& all);

/// Tells what failed, and what to end with.
exit_code report(std::string_view what, client::call_error const& why);

/// A call with one reply.
struct question {
  std::string_view what; ///< for messages: "status"
  std::string_view method;
  boost::json::object const& parameters;
};

/// Makes text of a reply that it may take apart.
using renderer = std::function<client::result<std::string>(boost::json::object&& reply)>;

/// Asks, and prints the reply: as it came for --json, else what `render` makes of it.
exit_code ask(context const& all, question const& asked, renderer const& render);

} // namespace cfgd::cfgctl
