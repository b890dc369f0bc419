#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace cfgd::store {

/// Told now and then how much of something is done.
using progress_report = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Runs `work` in a forked copy of this process and returns what it returns: for work that may end
/// its process, as LMDB does on a damaged file. What lmdb_error says about a file is an outcome
/// here. For processes with one thread. Blocks until the copy is gone.
/// Errors: those of `work`; invalid (it was ended by a signal, or threw), io.
[[nodiscard]] result<std::string>
run_guarded(std::function<result<std::string>(progress_report const&)> const& work,
            progress_report const& progressed);

} // namespace cfgd::store
