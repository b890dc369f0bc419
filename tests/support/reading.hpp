#pragma once

#include "core/json.hpp"
#include "watchers/read_source.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <ostream>
#include <string>
#include <string_view>

namespace cfgd::test {

/// One line of a table: what a text means.
struct reading {
  std::string_view text;
  std::string_view expected;
};
inline std::ostream& operator<<(std::ostream& out, reading const& row) {
  return out << '\'' << row.text << '\'';
}

/// "3:5 message", "3:5 limit file_depth": an error as tables of tests expect it.
inline std::string describe(error const& failure) {
  std::string out = std::to_string(failure.where.line) + ':' + std::to_string(failure.where.column);
  if (failure.code == errc::limit) return out + " limit " + failure.subject;
  if (failure.code != errc::parse) out += std::string(" ") + to_string(failure.code);
  return out + ' ' + failure.message;
}

/// The members in the order of the document, as compact JSON, or the error.
inline std::string read(format kind, std::string_view text, limits const& bounds = {}) {
  auto const document = watchers::read_source(kind, text, bounds);
  if (!document) return describe(document.error());
  std::string out;
  json::append_compact(out, boost::json::value(document->root));
  return out;
}

/// "1:1 2:3": the places of what was read.
inline std::string read_places(format kind, std::string_view text) {
  auto const document = watchers::read_source(kind, text, limits{});
  if (!document) return describe(document.error());
  std::string out;
  for (place const& at : document->places) {
    if (!out.empty()) out += ' ';
    out += std::to_string(at.line) + ':' + std::to_string(at.column);
  }
  return out;
}

} // namespace cfgd::test
