#include "engine/stored_key.hpp"

#include <utility>

// The limit on keys is a limit on requests. Stored keys - the leaves of a file, the overrides that
// a rollback made of them - must be readable whatever their length, or one long name would make the
// history unreadable for good.

namespace cfgd::engine {

result<key> parse_stored_key(std::string_view text) {
  auto parts = split_dotted(text);
  if (!parts) return parts.error();
  if (!is_namespace_name(parts->front()))
    return error{.code = errc::bad_key,
                 .message = "the first part is not a valid namespace name",
                 .subject = std::string(text)};
  return key(*std::move(parts));
}

} // namespace cfgd::engine
