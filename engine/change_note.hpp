#pragma once

#include "engine/records.hpp"

#include <string>

namespace cfgd::engine {

/// What became of a pending change, for the comment of its record in the history: the record's
/// format has no field of its own for it.
struct change_note {
  revision_number revision = 0;
  std::string kind; ///< "confirmed", "extended to"
  std::string rest; ///< "by uid 0", "2026-11-23T07:23:48.123Z by uid 0"
};

/// The note for a confirmation or an extension.
change_note note_of(pending_request const& done);

/// A comment with a note behind it, "trial [confirmed by uid 0]". A note of the same kind at its
/// end is replaced, so that a comment does not grow with every extension.
std::string add_note(std::string comment, change_note const& note);

} // namespace cfgd::engine
