#include "tests/integration/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

// Elements of arrays over the socket: reads by index, changes by compare-and-set, arrays that
// merge.

namespace {

using namespace cfgd::test;

/// The lower file has the elements home and about; the upper one changes about and adds blog.
struct serving : running {
  serving() {
    save_schema("site.json", R"({"properties": {
        "nav": {"type": "array", "x-key": "name", "items": {
            "required": ["url"], "properties": {"version": {"type": "string"}}}}}})");
    save("site.yaml", "nav:\n  - name: home\n    url: /\n  - name: about\n    url: /a\n"
                      "list: [{a: 1, b: {c: x}}, 2]\n");
    save("site.d/10.yaml", "nav:\n  - {name: about, url: /b}\n  - {name: blog, url: /c}\n");
    daemon.start();
  }
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(elements)

BOOST_FIXTURE_TEST_CASE(reads_take_an_index, serving) {
  BOOST_TEST(answer_at("/values", "Config.Get",
                       R"({"keys":["site.nav[1].url","site.list[0].b","site.list[0].x"]})") ==
             R"({"site.list[0].b":{"c":"x"},"site.nav[1].url":"/b"})");
  BOOST_TEST(answer_at("/values", "Config.List", R"({"prefix":"site.list[0]"})") ==
             R"({"site.list[0].a":1,"site.list[0].b.c":"x"})");
  BOOST_TEST(answer_at("/values", "Config.List", R"({"prefix":"site.list[1]"})") ==
             R"({"site.list[1]":2})");
  BOOST_TEST(
      answer_at("/values", "History.GetAt", R"({"keys":["site.nav[2].name"],"revision":1})") ==
      R"({"site.nav[2].name":"blog"})");
}

BOOST_FIXTURE_TEST_CASE(an_index_without_an_element_is_a_bad_key, serving) {
  std::string const reason =
      R"(BadKey {"key":"site.list[2]","message":"'site.list' has 2 elements and no [2]"})";

  BOOST_TEST(answer("Config.Get", R"({"keys":["site.list[2]"]})") == reason);
  BOOST_TEST(answer("Config.List", R"({"prefix":"site.list[2]"})") == reason);
  BOOST_TEST(answer("Config.Explain", R"({"key":"site.list[2]"})") == reason);
  BOOST_TEST(answer("History.GetAt", R"({"keys":["site.list[2]"],"revision":1})") == reason);
  BOOST_TEST(answer("Config.Set", R"({"values":{"site.list[0]":1}})") ==
             R"-(BadKey {"key":"site.list[0]","message":)-"
             R"-("an index is not possible here; name the whole array (column 10)"})-");
}

BOOST_FIXTURE_TEST_CASE(explain_names_the_layers_of_an_element, serving) {
  auto service = daemon.connect();

  auto const merged = service.explain("site.nav[1].url").value();
  auto const plain = service.explain("site.list[0].a").value();

  BOOST_REQUIRE(merged.candidates.size() == 2U);
  BOOST_TEST(merged.candidates[0].from.path->ends_with("site.d/10.yaml"));
  BOOST_TEST(merged.candidates[0].from.line.value() == 2);
  BOOST_TEST(text_of(*merged.candidates[0].value) == R"("/b")");
  BOOST_TEST(merged.candidates[1].from.line.value() == 5);
  BOOST_REQUIRE(plain.candidates.size() == 1U);
  BOOST_TEST(text_of(*plain.candidates[0].value) == "1");
}

BOOST_FIXTURE_TEST_CASE(an_element_that_is_written_as_text_gets_the_type_of_its_schema, serving) {
  auto service = daemon.connect();
  cfgd::client::transaction what{.values = {{"site.nav[0].version", 2024}}};
  BOOST_TEST(service.set(what).error().name == "io.cfgd.Config.Invalid");

  what.spelling = cfgd::client::value_spelling::text;
  service.set(what).value();

  BOOST_TEST(answer_at("/values", "Config.Get", R"({"keys":["site.nav[0].version"]})") ==
             R"({"site.nav[0].version":"2024"})");
  BOOST_TEST(
      answer("Config.Set", R"({"values":{"site.x":1},"textElements":["site.nav[0].url"]})") ==
      R"(BadKey {"key":"site.nav[0].url","message":"the call sets no such element"})");
}

BOOST_FIXTURE_TEST_CASE(elements_are_set_unset_and_appended, serving) {
  auto service = daemon.connect();

  service.set({.values = {{"site.list[0].b.c", "y"}, {"site.list[+]", 3}}}).value();
  BOOST_TEST(value("site.list") == R"([{"a":1,"b":{"c":"y"}},2,3])");

  service.unset({"site.list[0].b", "site.list[1]"}).value();
  BOOST_TEST(value("site.list") == R"([{"a":1},3])");

  service.set({.values = {{"site.nav.home.url", "/start"}}}).value();
  BOOST_TEST(value("site.nav[0]") == R"({"name":"home","url":"/start"})");
}

BOOST_FIXTURE_TEST_CASE(a_file_removes_an_element_by_its_name, serving) {
  save("site.d/20.yaml", "nav: {home: null, news: {url: /n}}\n");
  sync();

  BOOST_TEST(value("site.nav") == R"([{"name":"about","url":"/b"},{"name":"blog","url":"/c"},)"
                                  R"({"name":"news","url":"/n"}])");
}

BOOST_FIXTURE_TEST_CASE(a_name_that_is_there_twice_is_rejected_with_its_place, serving) {
  save("site.d/20.yaml", "nav:\n  - {name: a, url: /}\n  - {name: a, url: /}\n");
  sync();

  auto const rejected = source("20.yaml");
  BOOST_TEST(rejected.state == "quarantined");
  BOOST_TEST(rejected.message.value().find("element 1 has the same 'name' as element 0") !=
             std::string::npos);
  BOOST_TEST(rejected.line.value() == 3);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
