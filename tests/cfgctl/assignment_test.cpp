#include "cfgctl/commands/assignment.hpp"
#include "core/json.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <vector>

using cfgd::errc;
using cfgd::cfgctl::parse_assignment;

namespace {

struct sample_text {
  std::string text;
  std::string key;
  std::string value; ///< canonical JSON
  bool remarked = false;
};

std::ostream& operator<<(std::ostream& out, sample_text const& what) { return out << what.text; }

std::vector<sample_text> const good{
    {"a.b=1", "a.b", "1"},
    {"a.b=-5", "a.b", "-5"},
    {"a.b=0.5", "a.b", "0.5"},
    {"a.b=0.50", "a.b", R"("0.50")", true},
    {"a.b=1.10", "a.b", R"("1.10")", true},
    {"a.b=1e400", "a.b", R"("1e400")", true},
    {"a.b=True", "a.b", R"("True")"},
    {"a.b=+1", "a.b", R"("+1")"},
    {"a.b= 1", "a.b", R"(" 1")"},
    {"a.b=[1.10, null]", "a.b", "[1.1,null]"},
    {"a.b=true", "a.b", "true"},
    {"a.b=", "a.b", R"("")"},
    {"a.b=x y", "a.b", R"("x y")"},
    {"a.b=x=y", "a.b", R"("x=y")"},
    {"a.b=\"1\"", "a.b", R"("1")"},
    {"a.b=1.2.3", "a.b", R"("1.2.3")"},
    {"a.b=007", "a.b", R"("007")", true},
    {"a.b=99999999999999999999", "a.b", R"("99999999999999999999")", true},
    {"a.b=[1, 2]", "a.b", "[1,2]"},
    {"a.b=[1,", "a.b", R"("[1,")", true},
    {"a.b= {x}", "a.b", R"(" {x}")", true},
    {R"(a."x=y"=1)", R"(a."x=y")", "1"},
    {R"(a."x\"=y"=1)", R"(a."x\"=y")", "1"},
    {R"(a.'x=\'=1)", R"(a.'x=\')", "1"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(assignment)

BOOST_DATA_TEST_CASE(keys_and_values_are_taken_apart, boost::unit_test::data::make(good)) {
  auto const one = parse_assignment(sample.text);

  BOOST_REQUIRE(one);
  BOOST_TEST(one->key == sample.key);
  BOOST_TEST(cfgd::json::canonical(one->value) == sample.value);
  BOOST_TEST(one->remark.empty() == !sample.remarked, one->remark);
}

BOOST_AUTO_TEST_CASE(what_has_no_key_or_no_value_is_refused) {
  BOOST_TEST((parse_assignment("a.b").error().code == errc::bad_key));
  BOOST_TEST((parse_assignment("=1").error().code == errc::bad_key));
  BOOST_TEST((parse_assignment("").error().code == errc::bad_key));
  BOOST_TEST((parse_assignment("a.\"b=1").error().code == errc::bad_key));
  BOOST_TEST((parse_assignment("a.b=null").error().code == errc::bad_value));
}

BOOST_AUTO_TEST_CASE(values_may_be_said_to_be_strings_or_json) {
  using cfgd::cfgctl::value_syntax;
  auto const read = [](char const* text, value_syntax how) {
    auto const one = parse_assignment(text, how);
    return one ? cfgd::json::canonical(one->value) + one->remark : to_string(one.error());
  };

  BOOST_TEST(read("a.b=1", value_syntax::string) == R"("1")");
  BOOST_TEST(read("a.b=[1]", value_syntax::string) == R"("[1]")");
  BOOST_TEST(read("a.b=null", value_syntax::string) == R"("null")");
  BOOST_TEST(read("a.b=1.10", value_syntax::json) == "1.1");
  BOOST_TEST(read("a.b=\"x\"", value_syntax::json) == R"("x")");
  BOOST_TEST(read("a.b=x", value_syntax::json) == "a.b: not valid JSON: unexpected 'x'");
  BOOST_TEST((parse_assignment("a.b=null", value_syntax::json).error().code == errc::bad_value));
}

BOOST_AUTO_TEST_SUITE_END()
