#pragma once

#include "cfgctl/context.hpp"
#include "client/call_error.hpp"
#include "client/types.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

/// Who has applied a revision.
namespace cfgd::cfgctl {

/// Waits until consumers have applied a revision: those in `names`, or all whom it concerns.
client::result<client::wait_result> await_applied(context const& all,
                                                  client::revision_number revision,
                                                  std::vector<std::string> const& names,
                                                  std::optional<std::chrono::seconds> time);

/// The outcome of a wait as text: a line for each consumer that has not applied the revision.
std::string wait_text(screen const& where, client::revision_number revision,
                      client::wait_result const& made);

/// `cfgctl wait REVISION`.
exit_code wait_for_revision(context const& all, client::revision_number revision,
                            std::vector<std::string> const& names);

/// A table of the consumers, and below it why some of them have failed.
std::string consumers_text(screen const& where, std::vector<client::consumer> const& found);

} // namespace cfgd::cfgctl
