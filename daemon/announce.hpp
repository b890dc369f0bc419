#pragma once

#include "daemon/view.hpp"
#include "engine/records.hpp"

#include <sys/types.h>

#include <chrono>
#include <string>

namespace cfgd {

/// Logs a committed change that was published to `now`: one line for each change (its keys and
/// origin, never values), one for each warning of rules, one for each source whose state has
/// changed (what is wrong where, and what is effective instead), and some for what files say that a
/// higher layer hides.
void announce(engine::committed_change const& done, view& now);

/// Logs the result of undoing an expired change, or, with a reason, one that ended early. Of
/// failures, call it for the first one only.
void announce_end(engine::pending_change const& what, engine::decision const& ended,
                  std::string const& reason = {});

/// Logs that the service itself has confirmed a pending change.
void announce_confirmed(revision_number revision, std::string const& reason);

/// A consumer, for the log and for problems: each is one of root and of the service's user; those
/// of another user are one together, so that a user cannot fill the list.
struct troubled_consumer {
  std::string const& name;
  uid_t owner = 0;
};
/// Logs that a consumer could not apply a revision.
void announce_failure(troubled_consumer const& who, revision_number revision,
                      std::string const& message);
/// Logs that a consumer has not applied what was sent to it for so long.
void announce_late(troubled_consumer const& who, std::chrono::milliseconds limit);
/// Logs that what one of these two has reported is over. Of a user who is not privileged, call it
/// for the last consumer that has it. `situation`: consumer_failed or consumer_late.
void announce_recovered(troubled_consumer const& who, std::string const& situation);

/// Logs that a peer has confirmed or extended a pending change.
void announce_pending(engine::pending_request const& done);

/// The place of an error in the source's own text; issues of schemas and rules may be in other
/// files.
place place_of(engine::source_row const& row);

/// Whether the content of an active source has become empty: its first issue says so.
bool is_emptied(engine::source_row const& row);

/// The state of the service in one line: revision, namespaces, sources that are not effective.
std::string describe_state(view& what);

} // namespace cfgd
