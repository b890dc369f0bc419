#pragma once

#include "store/backup.hpp"
#include "store/state_directory.hpp"

#include <filesystem>
#include <functional>
#include <optional>

/// Replacing the store of a state directory whose lock is held and whose store is not open. The
/// parts that restore_offline(), recovery and the rebuilding of a lost store share.
namespace cfgd::store {

/// The revision of a data file, read in a child process; absent: it cannot be read.
std::optional<revision_number> read_revision(std::filesystem::path const& data_file);

/// Where a store goes on whose content is of revision `known` and whose predecessor came to `lost`;
/// without it, see restored::continues.
revision_number next_revision(revision_number known, std::optional<revision_number> const& lost);

/// restore_offline() for a locked directory. Only for processes with one thread.
[[nodiscard]] result<restored> restore_into(state_directory const& held,
                                            restore_question const& asked);

/// Puts a store that `make` writes into an empty directory in the place of the old one, whose new
/// name is returned; empty: there was none. `asked.file` is not used. Errors: io; also throws what
/// `make` throws, and nothing is changed.
[[nodiscard]] result<std::filesystem::path>
replace_store(state_directory const& held, restore_question const& asked,
              std::function<void(std::filesystem::path const& empty)> const& make);

} // namespace cfgd::store
