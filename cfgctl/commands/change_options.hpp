#pragma once

#include "cfgctl/context.hpp"
#include "cfgctl/text/commit_text.hpp"
#include "client/types.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace CLI { // NOLINT(readability-identifier-naming): the library's
class App;
}

/// What the commands that change values have in common.
namespace cfgd::cfgctl {

struct change_options {
  std::string comment;
  std::optional<client::revision_number> if_revision;
  bool dry_run = false;
  std::optional<std::chrono::seconds> confirm;
  bool until_applied = false;
  std::string wait; ///< how long for consumers; empty: not at all

  std::optional<bool> until_applied_or_absent() const {
    return until_applied ? std::optional(true) : std::nullopt;
  }
  /// How the outcome is shown.
  change_facts facts(boost::json::object const& values) const;
  client::commit_mode mode() const {
    return dry_run ? client::commit_mode::check : client::commit_mode::apply;
  }
};

/// Declares --comment, --if-revision, --dry-run, --confirm, --until-applied and --wait.
void add_change_options(CLI::App* to, change_options& into);

/// A transaction without keys, with these options.
client::transaction transaction_of(change_options const& how);

/// Makes a change and prints what it did. `what` names it in messages: "set site.title".
exit_code make_change(context const& all, std::string const& what,
                      client::transaction const& change, change_options const& how = {});

} // namespace cfgd::cfgctl
