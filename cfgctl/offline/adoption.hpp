#pragma once

#include "core/error.hpp"
#include "core/source.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

/// The text of another program's file as values, and what they do not say.
namespace cfgd::cfgctl::offline {

struct adopted {
  format kind = format::json;
  std::string text;
  boost::json::object values;
  std::string rendered; ///< the values written again in the same format
  /// Lines of `text` that `rendered` has in another form, besides comments, empty lines, blanks and
  /// the order; and values whose type the format has and JSON does not.
  std::vector<std::string> respelled = {};
  /// "LINE: text", what the reader remarks.
  std::vector<std::string> notes = {};
};

/// Reads a file like a source, and writes its values again.
/// Errors: as read_source and write_source; bad_value (a null, which a source cannot keep).
[[nodiscard]] result<adopted> adopt_text(format kind, std::string_view text);

} // namespace cfgd::cfgctl::offline
