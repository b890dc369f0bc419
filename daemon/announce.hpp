#pragma once

#include "daemon/view.hpp"
#include "store/records.hpp"

#include <string>

namespace cfgd {

/// Writes what was committed to the log: one line a change (which keys, from where, never values),
/// one line a source whose state changed (where it is wrong, what is in force instead).
void announce(store::applied const& done);

/// How the service is, in one line: revision, namespaces, sources that are not in force.
std::string describe_state(view& what);

} // namespace cfgd
