#pragma once

#include "core/change.hpp"
#include "core/limits.hpp"

#include <optional>
#include <string>

/// Checks that the requests for the override layer (Set, Rollback, Restore) have in common.
namespace cfgd::engine {

/// Checks the revision that a request depends on, and its comment.
/// Errors: conflict (used = the current revision), limit ("comment_bytes"), bad_value (subject:
/// "comment").
[[nodiscard]] result<void> check_terms(std::optional<revision_number> const& if_revision,
                                       std::string const& comment, revision_number revision,
                                       limits const& bounds);

/// Checks the size of an override, `used` bytes of canonical text. Errors: limit ("value_bytes").
[[nodiscard]] result<void> check_value_size(std::string const& key_text, std::size_t used,
                                            limits const& bounds);

/// Checks that clients can request a key. Errors: limit ("key_bytes").
[[nodiscard]] result<void> check_key_size(std::string const& key_text);

} // namespace cfgd::engine
