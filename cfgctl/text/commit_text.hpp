#pragma once

#include "cfgctl/commands/commands.hpp"
#include "client/types.hpp"

#include <boost/json/object.hpp>

#include <string>

/// What a change did, as text.
namespace cfgd::cfgctl {

/// What is known of a change besides its outcome.
struct change_facts {
  /// The new values that were asked for; they are printed beside their keys.
  boost::json::object const& values;
  client::commit_mode mode = client::commit_mode::apply;
  /// Whether it waits for confirm.
  bool unconfirmed = false;
};

/// The keys that changed, the revision, and how it ends if it ends by itself.
std::string commit_text(screen const& where, change_facts const& what, client::commit const& done);

/// Prints that, or JSON, and tells the warnings on standard error.
void tell_commit(context const& all, change_facts const& what, client::commit const& done);

} // namespace cfgd::cfgctl
