#include "tests/integration/one_save.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/system/machine.hpp"

#include <boost/test/unit_test.hpp>

// Saving as the editors and tools do it, outside of the sandbox, and seen from inside.

BOOST_FIXTURE_TEST_SUITE(saves, cfgd::test::on_machine,
                         *boost::unit_test::precondition(cfgd::test::needs_machine()))

BOOST_AUTO_TEST_CASE(every_way_to_save_is_one_revision_with_the_right_value) {
  using namespace cfgd::test;
  write_file(host.etc("cfgd.toml"), save_trial::settings);
  save_trial trial({.socket = host.socket(),
                    .admin = host.etc("namespaces"),
                    .runtime = host.inside().path("/run/cfgd/namespaces")});
  BOOST_TEST(ways_to_save().size() >= 25U);

  for (auto const& one : ways_to_save()) {
    BOOST_TEST_CONTEXT(one.name) {
      auto const announced = trial.announced_by(one);
      BOOST_TEST(announced == save_trial::one_change(), boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
