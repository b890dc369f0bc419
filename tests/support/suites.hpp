#pragma once

#include <boost/test/tree/decorator.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace cfgd::test {

/// The directory of an official suite below $CFGD_SUITES; empty if there is none.
inline std::filesystem::path suite_directory(std::string const& name) {
  char const* const root = std::getenv("CFGD_SUITES");
  if (root == nullptr || *root == '\0') return {};
  auto path = std::filesystem::path(root) / name;
  return std::filesystem::is_directory(path) ? path : std::filesystem::path();
}

/// For boost::unit_test::precondition: skips the case, with a message, where the suite is not.
struct needs_suite {
  std::string name;

  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
    boost::test_tools::assertion_result found(!suite_directory(name).empty());
    found.message() << "CFGD_SUITES names no directory that holds '" << name << "'";
    return found;
  }
};

} // namespace cfgd::test
