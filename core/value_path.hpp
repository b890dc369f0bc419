#pragma once

#include "core/error.hpp"
#include "core/key.hpp"

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cfgd {

/// The name of a value that may be inside of an array: a key, and the way from there to the value.
/// `site.navigation[0].url` is the key site.navigation, element 0, member url. Indexes count from
/// 0. A part with a literal "[" is quoted, as in every key: site."a[0]".
struct value_path {
  /// Behind the last element, where one is appended: `site.navigation[+]`.
  struct append {
    friend auto operator<=>(append, append) = default; // NOLINT(modernize-use-nullptr)
  };
  /// A member, an element or, as the last step, append.
  using step = std::variant<std::string, std::size_t, append>;

  cfgd::key base;
  std::vector<step> inside; ///< empty: the value of the key itself; else an index or append first

  /// As it is written, in canonical form.
  std::string str() const { return str(inside.size()); }
  /// The same with the first `steps` steps only.
  std::string str(std::size_t steps) const;
};

/// Reads a key, with or without indexes. Errors: bad_key (subject is the text, message says what is
/// wrong and at which column), limit ("key_bytes").
[[nodiscard]] result<value_path> parse_value_path(std::string_view text);

/// Whether the text of a key has an index. It is not checked.
bool has_index(std::string_view key_text);

/// The error for a step that `there` is not the right type for: "'site.title' is a string, not an
/// array". bad_key; `there` begins a canonical text.
error wrong_step(value_path const& which, std::size_t step, std::string_view there);
/// The error for an element that an array of `length` elements does not have. bad_key.
error no_element(value_path const& which, std::size_t step, std::size_t length);

namespace canonical {

/// Finds the value inside of `text`, the canonical text of the value of `which.base`. Absent: a
/// member is missing. The view points into `text`. Errors: bad_key (not an array; no such element,
/// with the number of elements; append).
[[nodiscard]] result<std::optional<std::string_view>> find_inside(std::string_view text,
                                                                  value_path const& which);

} // namespace canonical
} // namespace cfgd
