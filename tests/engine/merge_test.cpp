#include "core/json.hpp"
#include "engine/merge.hpp"
#include "tests/support/store_requests.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

namespace {

using namespace cfgd;

struct patch_case {
  char const* original;
  char const* patch;
  char const* result;
};

std::ostream& operator<<(std::ostream& out, patch_case const& one) {
  return out << one.original << " + " << one.patch;
}

/// RFC 7396, Appendix A, and what it leaves out.
patch_case const cases[] = {
    {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
    {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
    {R"({"a":"b"})", R"({"a":null})", R"({})"},
    {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
    {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
    {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
    {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
    {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
    {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
    {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
    {R"({"a":"foo"})", R"(null)", R"(null)"},
    {R"({"a":"foo"})", R"("bar")", R"("bar")"},
    {R"({"e":null})", R"({"a":1})", R"({"a":1,"e":null})"},
    {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
    {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
    {R"({})", R"({"a":null,"b":{"c":null}})", R"({"b":{}})"},
    {R"({"a":1})", R"({"a":{"b":{"c":null,"d":1}}})", R"({"a":{"b":{"d":1}}})"},
    {R"({"a":{"x":1,"y":2,"z":3}})", R"({"a":{"y":null}})", R"({"a":{"x":1,"z":3}})"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(merge)

BOOST_DATA_TEST_CASE(a_patch_is_applied_as_rfc_7396_says, boost::unit_test::data::make(cases),
                     one) {
  auto target = test::to_json(one.original);

  engine::merge_patch(target, test::to_json(one.patch));

  BOOST_TEST(json::canonical(target) == one.result);
}

BOOST_AUTO_TEST_CASE(a_layer_is_looked_up_by_path) {
  using kind = engine::layer_answer::kind;
  auto const layer = test::to_json(R"({"a":{"b":1,"c":null},"d":5,"e":{}})").as_object();
  auto const ask = [&layer](std::vector<std::string> const& path) {
    return engine::look_up(layer, path).what;
  };

  BOOST_TEST((ask({"a", "b"}) == kind::value));
  BOOST_TEST((ask({"a"}) == kind::value));
  BOOST_TEST((ask({"e"}) == kind::value));
  BOOST_TEST((ask({"a", "c"}) == kind::removal));
  BOOST_TEST((ask({"a", "c", "x"}) == kind::removal));
  BOOST_TEST((ask({"d", "x"}) == kind::removal));
  BOOST_TEST((ask({"d", "x", "y"}) == kind::removal));
  BOOST_TEST((ask({"a", "x"}) == kind::nothing));
  BOOST_TEST((ask({"x"}) == kind::nothing));
}

BOOST_AUTO_TEST_SUITE_END()
