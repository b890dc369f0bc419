#include "engine/records.hpp"

#include <array>

// The words for states and kinds, as the interfaces show them.

namespace cfgd::engine {

std::string_view to_string(source_status status) {
  static constexpr std::array<std::string_view, 4> names{"active", "quarantined", "missing",
                                                         "untrusted"};
  return names.at(static_cast<std::size_t>(status));
}

std::string_view to_string(expiry::kind what) {
  return what == expiry::kind::expire ? "expire" : "confirm";
}

} // namespace cfgd::engine
