#pragma once

#include "store/records.hpp"

namespace cfgd {

/// Writes what was committed to the log: one line a change (which keys, from where, never values),
/// one line a source whose state changed (where it is wrong, what is in force instead).
void announce(store::applied const& done);

} // namespace cfgd
