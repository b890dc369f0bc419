#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

// Access files and locks across restarts.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

constexpr auto file = "access/admin/10.toml";
constexpr auto locking = R"({"lock":[{"keys":"site.theme","above":"vendor"}]})";

struct fixture : store_fixture {
  /// Permits nothing; records what the access rules were.
  std::string met() {
    std::string said;
    auto asked = set({{"other.a", "1"}});
    asked.permitted = [&said](access_rules const& rules) -> result<void> {
      said = std::to_string(rules.entries.size()) + " entries, " +
             std::to_string(rules.locks.size()) + " locks, " + std::to_string(rules.broken.size()) +
             " broken";
      return error{.code = errc::denied};
    };
    BOOST_TEST((refusal(asked).code == errc::denied));
    return said;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(access_restart, fixture)

BOOST_AUTO_TEST_CASE(locks_hold_after_a_restart) {
  must(files_changed({good("vendor/site.json", R"({"theme":"red"})"),
                      good("admin/site.json", R"({"theme":"blue"})"), good(file, locking)}));
  reopen();

  BOOST_TEST(text("site") == R"({"theme":"red"})");
  BOOST_TEST((refusal(set({{"site.theme", "1"}})).code == errc::read_only));
  BOOST_TEST(store->explain(to_key("site.theme")).lock.has_value());
  must(files_changed({gone(file)}));
  BOOST_TEST(text("site") == R"({"theme":"blue"})");
}

BOOST_AUTO_TEST_CASE(a_file_that_was_never_valid_is_broken_after_a_restart) {
  must(files_changed(
      {refused(file, "[[entry", "not TOML"), good("access/vendor/50.toml", locking)}));
  BOOST_TEST(met() == "0 entries, 1 locks, 1 broken");
  reopen();

  BOOST_TEST(met() == "0 entries, 1 locks, 1 broken");
  must(files_changed({gone(file)}));
  BOOST_TEST(met() == "0 entries, 1 locks, 0 broken");
}

BOOST_AUTO_TEST_CASE(the_last_good_content_is_kept_across_a_restart) {
  must(files_changed({good(file, locking)}));
  must(files_changed({good(file, R"({"lock":1})")}));
  reopen();

  BOOST_TEST(met() == "0 entries, 1 locks, 0 broken");
}

BOOST_AUTO_TEST_CASE(the_value_that_counts_is_blamed_not_one_that_a_lock_takes_away) {
  must(files_changed({good(file, locking), good("vendor/site.json", R"({"theme":"red"})")}));
  must(files_changed({good("admin/site.json", R"({"theme":"blue","port":1})")}));

  auto const blamed = store->blame("site").value();

  BOOST_REQUIRE_EQUAL(blamed.lines.size(), 2U);
  BOOST_TEST((blamed.lines[0].from.where == layer::admin));
  BOOST_TEST((blamed.lines[1].from.where == layer::vendor));
}

BOOST_AUTO_TEST_SUITE_END()
