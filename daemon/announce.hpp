#pragma once

#include "daemon/view.hpp"
#include "engine/records.hpp"

#include <string>

namespace cfgd {

/// Logs a committed change that was published to `now`: one line for each change (its keys and
/// origin, never values), one for each warning of rules, one for each source whose state has
/// changed (what is wrong where, and what is effective instead), and some for what files say that a
/// higher layer hides.
void announce(engine::committed_change const& done, view& now);

/// Logs the result of undoing an expired change. Of failures, call it for the first one only.
void announce_end(engine::pending_change const& what, engine::decision const& ended);

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
