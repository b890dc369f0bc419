#include "daemon/fallback.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using cfgd::fallback;
using cfgd::source_kind;
using state = bool;

cfgd::engine::source_row row(char const* name, source_kind what, state is_effective) {
  return {.id = {cfgd::layer::admin, name, what},
          .path = {},
          .identity = {},
          .why = {},
          .is_effective = is_effective};
}

constexpr state good = true;
constexpr state bad = false;

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(fallback)

using ::fallback;

BOOST_AUTO_TEST_CASE(one_good_file_is_enough) {
  BOOST_TEST(cfgd::find_fallbacks({row("a.json", source_kind::values, bad),
                                   row("a.d/1.json", source_kind::values, good)})
                 .empty());
}

BOOST_AUTO_TEST_CASE(a_namespace_without_files_needs_none) {
  BOOST_TEST(cfgd::find_fallbacks(
                 {row("a.json", source_kind::schema, good), row("a.toml", source_kind::rules, bad)})
                 .empty());
}

BOOST_AUTO_TEST_CASE(without_a_good_file_the_schema_serves_if_it_is_good) {
  auto const found = cfgd::find_fallbacks({
      row("a.json", source_kind::values, bad),
      row("a.d/1.json", source_kind::values, bad),
      row("a.json", source_kind::schema, good),
      row("b.json", source_kind::values, bad),
      row("b.json", source_kind::schema, bad),
      row("c.json", source_kind::values, bad),
  });

  BOOST_REQUIRE(found.size() == 3U);
  BOOST_TEST((found.at("a") == fallback::defaults));
  BOOST_TEST((found.at("b") == fallback::nothing));
  BOOST_TEST((found.at("c") == fallback::nothing));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
