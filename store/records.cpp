#include "store/records.hpp"

#include <array>

// The words for a source's state, as the interface Service shows them.

namespace cfgd::store {

std::string_view to_string(source_status status) {
  static constexpr std::array<std::string_view, 4> names{"active", "quarantined", "missing",
                                                         "untrusted"};
  return names.at(static_cast<std::size_t>(status));
}

} // namespace cfgd::store
