#pragma once

#include "core/error.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <string>
#include <string_view>

/// Templates in Mustache (mustache(5) of mustache.github.io) for files that are not HTML: nothing
/// is escaped. Variables, sections, inverted sections, comments, other delimiters and partials that
/// do not include themselves; no lambdas. A variable without a value is an error; a section without
/// one is left out, so a section asks whether there is one. Of numbers and strings only false, an
/// empty list and no value are false. No I/O, any thread.
namespace cfgd::apply {

/// The text of a partial. Its errors are those of the template.
using find_partial = std::function<result<std::string>(std::string const& name)>;

/// Checks the tags of a template and of its partials. Errors: parse, with the place; `path`, or the
/// name of the partial, is the subject.
[[nodiscard]] result<void> check_template(std::string_view text, std::string const& path,
                                          find_partial const& partial);

/// Renders a template from values. A name is looked up in the sections around it, the innermost
/// first. Errors: parse, as check_template(); not_found (a variable that has no value), invalid (a
/// variable that is an object, an array or null), limit (above `most_bytes`); with the place.
[[nodiscard]] result<std::string> render_template(std::string_view text, std::string const& path,
                                                  boost::json::object const& values,
                                                  std::size_t most_bytes,
                                                  find_partial const& partial);

} // namespace cfgd::apply
