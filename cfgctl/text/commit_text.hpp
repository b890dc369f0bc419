#pragma once

#include "cfgctl/context.hpp"
#include "client/types.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

/// The result of a change, as text.
namespace cfgd::cfgctl {

/// What is known of a change besides the reply.
struct change_facts {
  /// The new values of the request, which are printed with their keys. Must outlive this.
  boost::json::object const& values;
  client::commit_mode mode = client::commit_mode::apply;
  /// Whether it expires unless it is confirmed.
  bool unconfirmed = false;
  /// Lines for keys; of the others their number is printed.
  std::size_t most_keys = std::numeric_limits<std::size_t>::max();
  /// Namespaces that have no value any more: one line for each instead of one for each key.
  std::vector<std::string> gone = {};
};

/// The keys that changed, the revision, and the deadline of a pending change.
std::string commit_text(screen const& where, change_facts const& what, client::commit const& done);

/// Prints the commit as text or JSON, and its warnings on standard error. Returns ok.
exit_code show_commit(context const& all, change_facts const& what, client::commit const& done);

} // namespace cfgd::cfgctl
