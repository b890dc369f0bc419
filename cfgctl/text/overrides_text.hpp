#pragma once

#include "cfgctl/text/screen.hpp"
#include "client/types.hpp"
#include "core/time.hpp"

#include <cstddef>
#include <string>
#include <vector>

/// Overrides, and the values of files that they hide, as text.
namespace cfgd::cfgctl {

/// One line for each override: its key and value, age, author, revision, what it hides.
std::string overrides_text(screen const& where, std::vector<client::override_key> const& what,
                           wall_time now);

/// "site.tagline hides admin /etc/cfgd/namespaces/site.yaml:4:1", one line for each, at most `most`
/// of them and a line with the number of the others. `count`: how many there are. Empty if none.
std::string hides_text(screen const& where, std::vector<client::hidden_value> const& what,
                       std::size_t count, std::size_t most);

/// "/etc/cfgd/namespaces/site.yaml:4:1 site.tagline has no effect: overridden by revision 42, uid 0
/// (root); unset site.tagline"
std::string without_effect_text(client::hidden_value const& what);

} // namespace cfgd::cfgctl
