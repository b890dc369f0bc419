#pragma once

#include "store/mending.hpp"
#include "store/recovery.hpp"

#include <vector>

/// What is said of a store that was damaged.
namespace cfgd {

/// Reports that the store was replaced.
void report_recovery(store::recovery const& done);

/// Reports what became of damaged records: those that are lost first, at most 20 one by one.
void report_mended(std::vector<store::mended_record> const& all);

} // namespace cfgd
