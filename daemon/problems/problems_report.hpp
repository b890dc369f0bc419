#pragma once

#include "core/log.hpp"
#include "daemon/problems/problems.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// How errors are reported: a line of the log is the report, and the list of problems is collected
/// from these lines. So there is one decision, and parts that know nothing of problems take part.
namespace cfgd {

/// Writes "message; what is done about it", as the table has it. Any thread.
void report(std::string_view situation_name, std::string const& message,
            std::vector<log::field> fields = {},
            boost::source_location const& where = BOOST_CURRENT_LOCATION);
/// Writes that what is open of a situation is over; with a path, what happened to that file. Any
/// thread.
void report_over(std::string_view situation_name, std::string const& message,
                 std::string const& path = {},
                 boost::source_location const& where = BOOST_CURRENT_LOCATION);

/// A line says that something is over.
struct ending {
  std::vector<std::string> situations; ///< empty: all that is wrong with the file
  std::string source;                  ///< empty: whatever it happened to
};

/// What a line means for the list of problems: nothing (monostate), something happened, or is over.
using meaning = std::variant<std::monostate, occurrence, ending>;
meaning interpret(log::record const& line);

} // namespace cfgd
