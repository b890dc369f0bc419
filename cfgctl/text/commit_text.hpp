#pragma once

#include "cfgctl/context.hpp"
#include "client/history_types.hpp"
#include "client/types.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <optional>
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
  /// Whether the service confirms it.
  bool until_applied = false;
  /// How long to wait for consumers; absent: not at all.
  std::optional<std::chrono::seconds> wait = {};
  /// Namespaces that have no value any more: one line for each instead of one for each key.
  std::vector<std::string> gone = {};
  /// `values` with those that are not printed; null: there are none. Must outlive this.
  boost::json::object const* all_values = nullptr;
  /// False: neither the values above nor a revision say what the new values are.
  bool is_complete = true;
  /// The revision whose values a rollback restores.
  std::optional<client::revision_number> restores = {};
};

/// The keys that changed, the revision, and the deadline of a pending change. `past` is the record
/// of the change in the history, with the values before and after; null if it is not known.
std::string commit_text(screen const& where, change_facts const& what, client::commit const& done,
                        client::change const* past);

/// Prints the commit as text or JSON, and its warnings on standard error. Waits for consumers, if
/// asked to, and prints that, too. Of a change that was only checked, also prints what it would do
/// to files and units of targets. Returns ok, or not_applied.
exit_code show_commit(context const& all, change_facts const& what, client::commit const& done);

} // namespace cfgd::cfgctl
