#include "client/detail/value_table.hpp"

#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using table_type = cfgd::client::detail::value_table;
namespace bj = boost::json;

std::map<std::string, std::int64_t> content(table_type const& of) {
  std::map<std::string, std::int64_t> out;
  of.for_each([&](std::string_view key, bj::value const& value) {
    out.emplace(key, value.to_number<std::int64_t>());
  });
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(value_table)

BOOST_AUTO_TEST_CASE(an_empty_one_has_nothing) {
  table_type none;

  none.erase("a");

  BOOST_TEST(none.find("a") == nullptr);
  BOOST_TEST(none.size() == 0U);
}

BOOST_AUTO_TEST_CASE(it_has_what_was_set_and_not_erased) {
  table_type table;
  std::map<std::string, std::int64_t> expected;
  std::mt19937 random(7);
  for (std::int64_t step = 0; step < 5'000; ++step) {
    auto const key = "site.key" + std::to_string(random() % 700);
    if (random() % 3 == 0) {
      table.erase(key);
      expected.erase(key);
    } else {
      table.set(key, step);
      expected[key] = step;
    }
  }

  BOOST_TEST((content(table) == expected));
  BOOST_TEST(table.size() == expected.size());
  for (auto const& [key, value] : expected) {
    auto const* const found = table.find(key);
    BOOST_REQUIRE(found != nullptr);
    BOOST_TEST(found->to_number<std::int64_t>() == value);
  }
}

BOOST_AUTO_TEST_CASE(a_copy_does_not_change_with_the_original) {
  table_type table;
  for (int n = 0; n < 200; ++n)
    table.set("k" + std::to_string(n), n);
  auto const copy = table;
  auto const before = content(copy);
  auto const* const value = copy.find("k7");

  for (int n = 0; n < 200; n += 2)
    table.erase("k" + std::to_string(n));
  for (int n = 1; n < 400; n += 2)
    table.set("k" + std::to_string(n), -1);

  BOOST_TEST((content(copy) == before));
  BOOST_TEST(copy.find("k7") == value);
  BOOST_TEST(table.find("k7")->as_int64() == -1);
  BOOST_TEST(table.find("k8") == nullptr);
  BOOST_TEST(table.size() == 200U);
}

BOOST_AUTO_TEST_SUITE_END()
