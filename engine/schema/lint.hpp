#pragma once

#include "core/document.hpp"
#include "core/error.hpp"

#include <cstdint>
#include <vector>

/// Finds what a schema says without effect. JSON Schema ignores unknown keywords, so a misspelt one
/// is accepted and checks nothing. No I/O; any thread.
namespace cfgd::schema {

/// Which unknown keywords lint() reports.
enum class unknown_keywords : std::uint8_t {
  all,
  /// Only those that are written almost like a keyword: other files may refer to the others.
  misspelt,
};

/// The rule of the warnings of lint().
inline constexpr char const* lint_rule = "schema";

/// Warnings about one schema file, in the order of the file, at most 20: unknown keywords and those
/// of other drafts, keywords that cannot apply, "writeOnly" without "x-secret", and required
/// members that are not allowed. Each has a pointer, a message and a place; key and path are empty.
/// Names that begin with "x-" are not reported, except misspelt forms of "x-secret" and "x-key";
/// nor is a keyword that a "$ref" of the same file leads into. Of a schema with a metaschema of its
/// own only misspelt keywords are reported, because the metaschema may have others.
std::vector<issue> lint(sourced_document const& schema, unknown_keywords which);

} // namespace cfgd::schema
