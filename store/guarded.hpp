#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace cfgd::store {

/// Called now and then with the progress of a long operation, in units that its function names.
using progress_report = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Runs `work` in a forked child process and returns its result: for work that may crash the
/// process, as LMDB does on a damaged file. An lmdb_error in the child is returned as an error.
/// `progressed` is called in the parent, with what `work` reports. Only for processes with one
/// thread. Blocks until the child has exited. Errors: those of `work`;
/// invalid (the child was killed by a signal, or `work` threw), io.
[[nodiscard]] result<std::string>
run_guarded(std::function<result<std::string>(progress_report const&)> const& work,
            progress_report const& progressed);

} // namespace cfgd::store
