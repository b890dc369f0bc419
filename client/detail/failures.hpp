#pragma once

#include "client/call_error.hpp"

#include <boost/json/fwd.hpp>

#include <string>
#include <string_view>

/// Makers of call_error, so that both drivers say the same. Plain functions, because a coroutine
/// must not build aggregates in an awaiting expression.
namespace cfgd::client::detail {

/// `why` is an errno's text, or says what is wrong with the address.
call_error unreachable(std::string_view path, std::string_view why);
call_error timed_out();
call_error closed(std::string_view why);
/// A message that is not a reply, or not one that was asked for.
call_error protocol(std::string_view why);
/// A reply of `method` that does not have what the method promises.
call_error unexpected_reply(std::string_view method, std::string_view why);
call_error refused(std::string name, boost::json::object parameters);

/// errno's text without a lock on the locale.
std::string errno_text(int number);

} // namespace cfgd::client::detail
