#include "engine/stored_text.hpp"

#include "core/json.hpp"

#include <limits>
#include <utility>

// The limit on keys is a limit on requests. Stored keys - the leaves of a file, the overrides that
// a rollback made of them - must be readable whatever their length, or one long name would make the
// history unreadable for good. The same applies to values; only their depth is limited, because the
// parser uses the stack.

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

result<boost::json::value> parse_stored_value(std::string_view text,
                                              boost::json::storage_ptr storage) {
  json::read_limits const bounds{.depth = 1024,
                                 .elements = std::numeric_limits<std::size_t>::max()};
  return json::parse(text, json::dialect::strict, bounds, std::move(storage));
}

} // namespace cfgd::engine
