#pragma once

#include "tests/integration/stream.hpp"

#include <boost/test/tree/decorator.hpp>

#include <filesystem>
#include <functional>

namespace cfgd::test {

/// Whether this process can become another user, which as_other_user() needs.
bool can_be_other_user();

/// Skips a case where as_other_user() cannot work.
inline boost::unit_test::precondition const
    as_root([](boost::unit_test::test_unit_id) -> boost::test_tools::assertion_result {
      return can_be_other_user();
    });

/// Runs `act` as a user without rights, in a process of its own; whether it returned true. What it
/// throws is printed.
bool as_other_user(std::function<bool()> const& act);

/// As watch(), by that user: who a peer is counts from when it connected.
stream watch_as_other_user(std::filesystem::path const& socket);

} // namespace cfgd::test
