#pragma once

#include "client/call_error.hpp"

#include <boost/json/fwd.hpp>

#include <string>
#include <string_view>

/// Makers of call_error. Plain functions, because a coroutine must not build aggregates in an
/// awaiting expression.
namespace cfgd::client::detail {

call_error unreachable(std::string_view path, std::string_view why);
call_error timed_out();
call_error closed(std::string_view why);
call_error protocol(std::string_view why);
call_error refused(std::string name, boost::json::object parameters);

/// errno's text without a lock on the locale.
std::string errno_text(int number);

} // namespace cfgd::client::detail
