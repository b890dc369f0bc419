#pragma once

#include "daemon/methods/context.hpp"
#include "daemon/methods/method_row.hpp"

#include <vector>

namespace cfgd {

/// A row for every method of the daemon's interfaces but org.varlink.service. `with` must outlive
/// the rows.
std::vector<method_row> method_table(method_context& with);

} // namespace cfgd
