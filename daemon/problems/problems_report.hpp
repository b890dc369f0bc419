#pragma once

#include "core/log.hpp"
#include "daemon/problems/problems.hpp"

#include <filesystem>
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
/// Writes that the open problems of a situation are resolved; with a path, those of that file. Any
/// thread.
void report_over(std::string_view situation_name, std::string const& message,
                 std::string const& path = {},
                 boost::source_location const& where = BOOST_CURRENT_LOCATION);

/// Reports the outcome of writing a file of the service if it differs from the one before: that it
/// cannot be written, or can be written again. `is_failing` is the caller's memory of that; false
/// at first.
void report_write(std::filesystem::path const& path, result<void> const& outcome, bool& is_failing);

/// A line that reports the end of problems.
struct ending {
  std::vector<std::string> situations; ///< empty: all of the file
  std::string source;                  ///< empty: any
};

/// What a line means for the list of problems: nothing (monostate), an occurrence, or an end.
using meaning = std::variant<std::monostate, occurrence, ending>;
meaning interpret(log::record const& line);

} // namespace cfgd
