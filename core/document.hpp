#pragma once

#include "core/error.hpp"
#include "core/key.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The two forms of a document: the content of one source with the place of every value, and the
/// canonical text of an effective value, which is compared, searched and sent as it is.
namespace cfgd {

/// The content of a source: an object, and the places of its values. A null removes the value of
/// the layers below.
struct sourced_document {
  boost::json::object root;
  /// The place of every node below the root in depth-first order: each member's name, each array
  /// element. Empty if the format has none (the environment).
  std::vector<place> places;
  /// What its reader has to say about content that it accepts: warnings with a rule, a pointer, a
  /// message and a place. Key and path are empty.
  std::vector<issue> notes = {};
};

/// The place of the node at `path` (members only), or of its nearest ancestor that exists.
place find_place(sourced_document const& document, std::span<std::string const> path);

/// The same for a JSON pointer (RFC 6901), which may also lead to elements of lists.
place find_place(sourced_document const& document, std::string_view pointer);

/// The value that a JSON pointer leads to; null if there is none.
boost::json::value const* find_pointer(boost::json::value const& in, std::string_view pointer);
boost::json::value const* find_pointer(boost::json::object const& in, std::string_view pointer);

/// Appends "/token", escaped as in RFC 6901.
void append_pointer(std::string& pointer, std::string_view token);
/// The pointer to the member at `path`.
std::string pointer_to(std::span<std::string const> path);
/// The unescaped tokens of a pointer; none for "".
std::vector<std::string> split_pointer(std::string_view pointer);

namespace canonical {

/// The text of the value at `path` inside a canonical text, which must be one that
/// json::append_canonical() wrote. Absent: a member of the path is missing, or its parent is not an
/// object. The view points into `text`.
std::optional<std::string_view> find(std::string_view text, std::span<std::string const> path);

/// How far a path can be followed: fewer parts than it has if the last of them is missing, or no
/// object, or an empty one. `value` is at that depth; empty: it is missing.
struct followed {
  std::size_t depth = 0;
  std::string_view value = {};
};
/// The same for a path that may end early. It must not be empty.
followed follow(std::string_view text, std::span<std::string const> path);

/// One member of a canonical object text. `name` is unescaped.
struct member {
  std::string name;
  std::string_view value;
};

/// The members in order; empty if `text` is not an object.
std::vector<member> members(std::string_view text);

/// The elements of an array in order; empty if `text` is not an array.
std::vector<std::string_view> elements(std::string_view text);

/// Calls `visit` for every leaf (a value other than an object, or an empty object) at or below
/// `at`, in key order, until it returns false. A namespace that is an empty object has none.
/// `text` is the canonical text of the value at `at`.
void for_each_leaf(key const& at, std::string_view text,
                   std::function<bool(key const&, std::string_view)> const& visit);

} // namespace canonical
} // namespace cfgd
