#include "core/document.hpp"
#include "core/json.hpp"
#include "core/leaf_walk.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

namespace {

std::string walked(std::string_view text, char const* at = "a") {
  std::string all;
  for (cfgd::canonical::leaf_walk walk(at, text); walk.has_leaf(); walk.advance())
    all.append(walk.name()).append("=").append(walk.value()).append(" ");
  return all;
}

std::string visited(std::string_view text, char const* at = "a") {
  std::string all;
  cfgd::canonical::for_each_leaf(cfgd::key::parse(at).value(), text,
                                 [&](cfgd::key const& leaf, std::string_view value) {
                                   all.append(leaf.str()).append("=").append(value).append(" ");
                                   return true;
                                 });
  return all;
}

constexpr char const* texts[] = {
    "{}",
    "1",
    R"({"x":1})",
    R"({"x":{},"y":{"z":{}}})",
    R"({"x":{"y":{"z":1}},"z":"}{,\""})",
    R"({"a":{"b":{"c":1,"d":2}},"b":{"c":{"d":{"e":[]}}},"c":-1.5e3})",
    R"({"d.e":[1,{"a":[2,"]"]},3],"f":"g","g\n":{"\u0001":true}})",
    R"({"x":[{"y":{}}],"y":null,"z":[]})",
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(leaf_walk)

BOOST_DATA_TEST_CASE(visits_what_for_each_leaf_visits, boost::unit_test::data::make(texts), text) {
  BOOST_TEST(walked(text) == visited(text));
  BOOST_TEST(walked(text, "a.b") == visited(text, "a.b"));
}

BOOST_AUTO_TEST_CASE(names_are_written_as_keys) {
  BOOST_TEST(walked(R"({"d.e":{"f":1},"g":2})") == R"(a."d.e".f=1 a.g=2 )");
}

BOOST_AUTO_TEST_CASE(a_text_that_is_cut_off_ends_the_walk) {
  std::string_view const whole = R"({"x":{"y":[1,"2"]},"z":"3"})";

  for (std::size_t size = 0; size < whole.size(); ++size)
    BOOST_TEST(walked(whole.substr(0, size)).size() < 100U);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
