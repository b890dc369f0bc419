#pragma once

#include "cfgctl/context.hpp"
#include "client/call_error.hpp"

#include <string>
#include <string_view>

/// What somebody may have meant by a name that does not exist. These functions ask the service over
/// a connection of their own, and know nothing if it does not answer.
namespace cfgd::cfgctl {

/// " (did you mean 'site'?)", or nothing.
std::string namespace_hint(context const& all, std::string const& name);

/// The same for a key, whose namespace may be misspelled as well.
std::string key_hint(context const& all, std::string const& key);

/// The failure of a command that needs a key which does not exist, with the hint and the key.
client::call_error no_such_key(context const& all, std::string const& key);

} // namespace cfgd::cfgctl
