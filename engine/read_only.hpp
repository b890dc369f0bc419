#pragma once

#include "core/error.hpp"
#include "engine/candidate.hpp"
#include "engine/evaluate.hpp"

#include <boost/json/object.hpp>

#include <vector>

/// Keys with "readOnly": true in the schema of their namespace, also members of the elements of
/// arrays with an "x-key", and keys that an access file locks: files may set them, clients may not.
namespace cfgd::engine {

/// Whether a namespace may have keys that clients cannot change.
bool has_read_only(candidate const& made, namespace_state const& state);

/// Checks that clients may change a key. Errors: read_only.
[[nodiscard]] result<void> check_writable(candidate const& made, key const& which);

/// Checks that a request of a client, in the candidate `made`, changes neither the override nor the
/// effective value of a read-only key. `found` is its evaluation. Errors: read_only.
[[nodiscard]] result<void> check_read_only(candidate const& made, evaluation const& found);

/// `wanted` with the read-only leaves of `now`: both are documents of the namespace, either of
/// overrides or of effective values. Adds a warning to `kept` for each leaf that would differ.
boost::json::object keep_read_only(candidate const& made, namespace_state const& state,
                                   boost::json::object const& now, boost::json::object wanted,
                                   std::vector<issue>& kept);

} // namespace cfgd::engine
