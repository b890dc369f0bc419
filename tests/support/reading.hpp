#pragma once

#include "core/json.hpp"
#include "watchers/read_source.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <span>
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

/// Checks that each text gives the expected document or error.
inline void check_readings(format kind, std::span<reading const> rows) {
  for (auto const& row : rows) {
    BOOST_TEST_CONTEXT("text " << row) { BOOST_CHECK_EQUAL(read(kind, row.text), row.expected); }
  }
}

/// The same for texts that are the value of the only member, `a`, between `before` and `after`.
inline void check_values(format kind, std::string_view before, std::span<reading const> rows,
                         std::string_view after = "") {
  for (auto const& row : rows) {
    BOOST_TEST_CONTEXT("text " << row) {
      BOOST_CHECK_EQUAL(read(kind, std::string(before).append(row.text).append(after)),
                        "{\"a\":" + std::string(row.expected) + "}");
    }
  }
}

/// Checks the places of each text.
inline void check_places(format kind, std::span<reading const> rows) {
  for (auto const& row : rows) {
    BOOST_TEST_CONTEXT("text " << row) {
      BOOST_CHECK_EQUAL(read_places(kind, row.text), row.expected);
    }
  }
}

inline std::string repeat(std::string_view what, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    out += what;
  return out;
}

} // namespace cfgd::test
