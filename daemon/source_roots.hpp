#pragma once

#include "daemon/settings.hpp"
#include "engine/records.hpp"
#include "watchers/source_watcher.hpp"

#include <vector>

namespace cfgd {

/// The directories of sources by layer and kind, and how they are watched.
watchers::source_watcher::options source_roots(file_layout const& where, settings const& how);

/// The files among the recorded sources, so that the watcher reads only those that have changed. A
/// file that could not be used is always read again.
std::vector<watchers::known_source> known_files(std::vector<engine::source_row> const& rows);

} // namespace cfgd
