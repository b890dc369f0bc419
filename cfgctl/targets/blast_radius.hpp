#pragma once

#include "cfgctl/context.hpp"
#include "client/types.hpp"

#include <string>

namespace cfgd::cfgctl {

/// What a change that was only checked would do to the files of targets: each file that differs, as
/// a unified diff, and the units that would act. Empty: nothing, or this machine has no targets.
/// `done` is the answer of the service to `what`.
std::string blast_radius_text(context const& all, client::transaction const& what,
                              client::commit const& done);

} // namespace cfgd::cfgctl
