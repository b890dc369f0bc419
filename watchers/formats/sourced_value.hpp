#pragma once

#include "core/error.hpp"
#include "core/limits.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::watchers {
enum class nulls : std::uint8_t;
} // namespace cfgd::watchers

/// What the readers of the formats share. Each reads text that core's check_text has let through;
/// whether the root is an object is asked by read_source.
namespace cfgd::watchers::formats {

/// A value and where its parts stand, as in sourced_document.
struct sourced_value {
  boost::json::value root;
  std::vector<place> places;
};

error make_parse_error(place where, std::string message);

/// errc::limit. `which` is the name of the limit in core/limits.hpp.
error make_limit_error(std::string_view which, std::uint64_t used, std::uint64_t maximum);

/// A name for a message: in ticks, cut short, without control characters. Never give it a value:
/// that may be a secret.
std::string quoted(std::string_view name);

/// Checks what no format forbids by itself: null where none may stand, text that cfgd does not keep
/// (it can come in through escapes), depth and number of elements. `what.places` must be complete.
/// Errors: parse (with the place), limit ("file_depth", "file_elements").
[[nodiscard]] result<void> check_content(sourced_value const& what, limits const& bounds,
                                         nulls where);

} // namespace cfgd::watchers::formats
