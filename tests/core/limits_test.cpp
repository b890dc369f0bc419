#include "core/limits.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <set>

namespace {

using cfgd::limit_description;
using cfgd::limit_unit;
using cfgd::limits;
using cfgd::memory_bound;

limit_description const& described(std::string_view name) {
  auto const all = limits::described();
  auto const found = std::ranges::find(all, name, &limit_description::name);
  BOOST_REQUIRE(found != all.end());
  return *found;
}

} // namespace

// Suites are namespaces: not in the global one, where std::limits and cfgd::limits are looked for.
namespace cases {
BOOST_AUTO_TEST_SUITE(limits)

BOOST_AUTO_TEST_CASE(each_has_a_name_a_description_and_a_default) {
  std::set<std::string_view> names;
  for (auto const& one : cfgd::limits::described()) {
    BOOST_TEST(names.insert(one.name).second, one.name);
    BOOST_TEST(!one.description.empty(), one.name);
    BOOST_TEST(one.value(cfgd::limits{}) > 0, one.name);
  }
}

BOOST_AUTO_TEST_CASE(units_come_from_types_and_names) {
  BOOST_CHECK(described("file_bytes").unit == limit_unit::bytes);
  BOOST_CHECK(described("file_depth").unit == limit_unit::count);
  BOOST_CHECK(described("edit_time").unit == limit_unit::milliseconds);
  BOOST_TEST(described("edit_time").value(cfgd::limits{}) == 600'000);
}

BOOST_AUTO_TEST_CASE(the_bound_of_memory_grows_with_each_limit_that_holds_memory) {
  auto const bound = memory_bound(cfgd::limits{});
  for (auto const name : {"buffer_bytes", "cache_bytes", "reply_bytes", "frame_bytes", "rule_bytes",
                          "namespace_bytes"}) {
    cfgd::limits more;
    auto const& one = described(name);
    one.assign(more, one.value(more) + 1);
    BOOST_TEST(memory_bound(more) > bound, name);
  }
}

BOOST_AUTO_TEST_CASE(assigning_one_limit_changes_no_other) {
  for (auto const& changed : cfgd::limits::described()) {
    if (changed.assign == nullptr) continue;
    cfgd::limits some;
    changed.assign(some, 7);
    for (auto const& other : cfgd::limits::described())
      BOOST_TEST((other.value(some) == other.value({})) == (other.name != changed.name),
                 changed.name << " and " << other.name);
  }
}

BOOST_AUTO_TEST_CASE(a_setting_allows_the_default_and_is_in_the_unit_of_the_member) {
  for (auto const& one : cfgd::limits::described()) {
    if (one.setting.empty()) continue;
    BOOST_REQUIRE(one.assign != nullptr);
    BOOST_TEST(one.least < one.most, one.name);
    cfgd::limits lowest;
    cfgd::limits highest;
    one.assign(lowest, one.least);
    one.assign(highest, one.most);
    BOOST_TEST(one.value(lowest) < one.value({}), one.name);
    BOOST_TEST(one.value(highest) > one.value({}), one.name);
  }
  cfgd::limits some;
  described("history_age").assign(some, 2);
  BOOST_CHECK(some.history_age == std::chrono::hours(2));
}

BOOST_AUTO_TEST_CASE(key_bytes_is_a_constant) {
  BOOST_TEST((described("key_bytes").assign == nullptr));
  BOOST_TEST(described("key_bytes").value({}) == 512);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
