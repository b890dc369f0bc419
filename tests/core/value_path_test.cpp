#include "core/limits.hpp"
#include "core/value_path.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <string_view>

namespace {

using namespace cfgd;
namespace data = boost::unit_test::data;

struct row {
  std::string_view text;
  std::string_view expected;
};
std::ostream& operator<<(std::ostream& out, row const& which) { return out << which.text; }

constexpr row paths[] = {
    {"site", "site"},
    {"site.nav", "site.nav"},
    {"site.nav[0]", "site.nav[0]"},
    {"site.nav[12].url", "site.nav[12].url"},
    {"site.nav[0][1].a.\"b c\"[2]", "site.nav[0][1].a.\"b c\"[2]"},
    {"site.nav[+]", "site.nav[+]"},
    {" site . 'nav'[0]. 'url'", "site.nav[0].url"},
    {"site.\"a[0]\"", "site.\"a[0]\""},
    {"site.\"\\\"[\"[1]", "site.\"\\\"[\"[1]"},
    {"site.'a[0]'[1].'[+]'", "site.\"a[0]\"[1].\"[+]\""},
};

constexpr row faults[] = {
    {"site.nav[", "the bracket is not closed (column 9)"},
    {"site.nav[]", "an index must be a number from 0 on: [0] (column 9)"},
    {"site.nav[-1]", "an index must be a number from 0 on: [0] (column 9)"},
    {"site.nav[01]", "an index must be a number from 0 on: [0] (column 9)"},
    {"site.nav[x]", "an index must be a number from 0 on: [0] (column 9)"},
    {"site.nav[99999999999999999999]", "an index must be a number from 0 on: [0] (column 9)"},
    {"site.nav[+].url", "[+] must be the last part (column 9)"},
    {"site.nav[0]url", "expected a dot or a bracket (column 12)"},
    {"site.nav[0].", "the key is empty (column 1)"},
    {"[0]", "the key is empty (column 1)"},
    {"Site[0]", "the first part must be a namespace: a-z, then a-z 0-9 _ -, 64 at most"},
};

constexpr std::string_view array = R"([{"a b":{"c":[true]},"url":"/]"},[1,[],"x,\"]"],{},"t"])";

constexpr row values[] = {
    {"site.nav", array},
    {"site.nav[0].url", R"("/]")"},
    {"site.nav[0].\"a b\".c[0]", "true"},
    {"site.nav[1]", R"([1,[],"x,\"]"])"},
    {"site.nav[1][2]", R"("x,\"]")"},
    {"site.nav[2]", "{}"},
    {"site.nav[3]", R"("t")"},
    {"site.nav[2].url", "none"},
    {"site.nav[3].url", "none"},
    {"site.nav[4]", "'site.nav' has 4 elements and no [4]"},
    {"site.nav[1][1][0]", "'site.nav[1][1]' has 0 elements and no [0]"},
    {"site.nav[0].\"a b\".c[1].x", "'site.nav[0].\"a b\".c' has 1 element and no [1]"},
    {"site.nav[0][0]", "'site.nav[0]' is an object, not an array"},
    {"site.nav[0].url[0]", "'site.nav[0].url' is a string, not an array"},
    {"site.nav[+]", "[+] is not an element; only 'set' appends"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(value_path)

BOOST_DATA_TEST_CASE(keys_with_indexes_are_read_and_written, data::make(paths)) {
  auto const read = parse_value_path(sample.text);

  BOOST_REQUIRE(read);
  BOOST_TEST(read->str() == sample.expected);
}

BOOST_DATA_TEST_CASE(faults_are_named, data::make(faults)) {
  auto const read = parse_value_path(sample.text);

  BOOST_REQUIRE(!read);
  BOOST_TEST((read.error().code == errc::bad_key));
  BOOST_TEST(read.error().message == sample.expected);
  BOOST_TEST(read.error().subject == sample.text);
}

BOOST_DATA_TEST_CASE(values_are_found_inside_of_an_array, data::make(values)) {
  auto const which = parse_value_path(sample.text).value();

  auto const found = canonical::find_inside(array, which);

  if (found)
    BOOST_TEST(found->value_or("none") == sample.expected);
  else
    BOOST_TEST(found.error().message == sample.expected);
}

BOOST_AUTO_TEST_CASE(only_brackets_outside_of_quotes_are_an_index) {
  BOOST_TEST(has_index("a.b[0]"));
  BOOST_TEST(has_index("a.'b['[0]"));
  BOOST_TEST(!has_index("a.b"));
  BOOST_TEST(!has_index("a.\"b[0]\""));
  BOOST_TEST(!has_index("a.\"\\\"[\""));
}

BOOST_AUTO_TEST_CASE(a_path_has_the_limit_of_a_key) {
  auto const refused = parse_value_path("a.b[0]." + std::string(limits::key_bytes, 'c'));

  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == errc::limit));
}

BOOST_AUTO_TEST_SUITE_END()
