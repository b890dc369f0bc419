#pragma once

#include "core/error.hpp"
#include "core/limits.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What the readers of the formats share. Each reads text that check_text() of core has accepted;
/// read_source() checks that the root is an object. Readers keep no state, so any thread may call
/// them; time and memory are bounded by limits::file_bytes, file_depth and file_elements.
namespace cfgd::watchers::formats {

/// A value and the places of its parts, in the order of sourced_document.
struct sourced_value {
  boost::json::value root;
  std::vector<place> places;
  /// As sourced_document::notes.
  std::vector<issue> notes = {};
};

/// Notes of one file; a reader drops further ones.
inline constexpr std::size_t max_notes = 20;

/// Adds a note to a value that is read, unless there are enough of them.
void add_note(std::vector<issue>& to, std::string_view rule, std::string pointer,
              std::string message, place where);

/// errc::parse with a place.
error make_parse_error(place where, std::string message);

/// errc::limit. `which` is the name of the limit in core/limits.hpp.
error make_limit_error(std::string_view which, std::uint64_t used, std::uint64_t maximum);

/// A name for a message: in quotes, at most 64 bytes, without control characters. Never pass a
/// value: it may be a secret.
std::string in_quotes(std::string_view name);

/// Checks what the grammars of the formats allow and cfgd does not: characters that cfgd does not
/// store (escapes can produce them), depth and number of elements. `what.places` must be complete.
/// Errors: parse (with the place), limit ("file_depth", "file_elements").
[[nodiscard]] result<void> check_content(sourced_value const& what, limits const& bounds);

} // namespace cfgd::watchers::formats
