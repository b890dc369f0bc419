#include "engine/stored_key.hpp"

#include <utility>

// The limit on a key is one on what clients send. What the store tells of itself - the leaves of a
// file, the overrides that a rollback made of them - is whatever was let in, and must be read back
// whole, or one long name would close the history for good.

namespace cfgd::engine {

result<key> parse_stored_key(std::string_view text) {
  auto parts = split_dotted(text);
  if (!parts) return parts.error();
  if (!is_namespace_name(parts->front()))
    return error{.code = errc::bad_key,
                 .message = "the first part is no name of a namespace",
                 .subject = std::string(text)};
  return key(*std::move(parts));
}

} // namespace cfgd::engine
