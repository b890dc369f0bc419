#include "core/change.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace cfgd;

} // namespace

BOOST_AUTO_TEST_SUITE(change)

BOOST_AUTO_TEST_CASE(an_absent_side_means_created_or_deleted) {
  key_change const created{.key = "a.b", .before = "", .after = "1"};
  key_change const updated{.key = "a.b", .before = "1", .after = "2"};
  key_change const deleted{.key = "a.b", .before = "2", .after = ""};

  BOOST_CHECK(created.created() && !created.deleted());
  BOOST_CHECK(!updated.created() && !updated.deleted());
  BOOST_CHECK(!deleted.created() && deleted.deleted());
}

BOOST_AUTO_TEST_SUITE_END()
