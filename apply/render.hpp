#pragma once

#include "apply/target.hpp"
#include "core/error.hpp"
#include "core/key.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

/// What files of targets contain. No I/O, any thread.
namespace cfgd::apply {

/// The values that targets are rendered from, all of one revision.
struct setting_values {
  std::uint64_t revision = 0;
  boost::json::object root;   ///< namespaces, with what targets use of them
  std::set<cfgd::key> secret; ///< leaves
};

/// Puts a value where its key says.
void put_value(boost::json::object& root, cfgd::key const& at, boost::json::value value);

/// The value of a key; null if it has none.
boost::json::value const* find_value(boost::json::object const& root, cfgd::key const& at);

/// The content of a file. A template sees the values at their keys: "site.title" of the key "site".
/// Errors: untrusted (others could read a secret), not_found, invalid, parse, limit; of a template
/// with the place in it.
[[nodiscard]] result<std::string> render_file(target_file const& how, setting_values const& from,
                                              std::size_t most_bytes);

/// Whether a file has a secret in it, or may have.
bool has_secrets(target_file const& how, setting_values const& from);

/// The difference of two texts in the unified format, three lines around each change, without the
/// two lines of a header; empty if they are equal. Texts of more than 20,000 lines, or with very
/// many differences, are shown as one change.
std::string unified_diff(std::string_view before, std::string_view after);

} // namespace cfgd::apply
