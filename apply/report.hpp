#pragma once

#include "apply/record.hpp"
#include "apply/target.hpp"
#include "core/error.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

/// The state of all targets, as cfgd-apply writes it after every application and `cfgctl targets`
/// shows it.
namespace cfgd::apply {

struct target_report {
  std::string name;
  std::string path; ///< of its definition; empty where that could not be read
  std::string unit;
  std::string action;
  std::vector<std::string> files;
  std::string state; ///< as to_string(condition)
  std::uint64_t revision = 0;
  std::string time;
  std::string message; ///< may have several lines
};

struct report {
  std::uint64_t revision = 0; ///< of the last application
  std::vector<target_report> targets;
};

report make_report(target_map const& targets, std::map<std::string, target_record> const& outcomes,
                   std::uint64_t revision);

boost::json::object json_of(report const& what);

/// Replaces the file; everybody may read it. Errors: io.
[[nodiscard]] result<void> write_report(std::filesystem::path const& path, report const& what);
/// Errors: not_found, io, parse.
[[nodiscard]] result<report> read_report(std::filesystem::path const& path);

/// Asks the cfgd-apply of a state directory to apply a target whatever others have changed; it has
/// done so when no file of that name is left. Errors: not_found (no cfgd-apply runs), io.
[[nodiscard]] result<void> request_force(std::filesystem::path const& state,
                                         std::string const& target);
bool is_requested(std::filesystem::path const& state, std::string const& target);

} // namespace cfgd::apply
