#pragma once

#include "daemon/view.hpp"
#include "engine/records.hpp"

#include <string>

namespace cfgd {

/// Writes what was committed, and published to `now`, to the log: one line a change (which keys,
/// from where, never values), one line for what rules let pass, one line a source whose state
/// changed (where it is wrong, what is in force instead).
void announce(engine::committed_change const& done, view& now);

/// Writes what became of a change whose time was over. For a failure: only the first one.
void announce_end(engine::pending_change const& what, engine::decision const& ended);

/// Writes that a peer has confirmed or extended a pending change.
void announce_pending(engine::pending_request const& done);

/// Where in its own text a source is wrong; what schemas and rules say may be about another one.
place place_of(engine::source_row const& row);

/// How the service is, in one line: revision, namespaces, sources that are not in force.
std::string describe_state(view& what);

} // namespace cfgd
