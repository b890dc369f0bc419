#include "core/json.hpp"
#include "engine/typed_source.hpp"
#include "tests/support/plan_fixture.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <ostream>
#include <string>

// Sources whose formats have no types, with the schema of their namespace.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::test;
namespace data = boost::unit_test::data;

std::string with_property(std::string_view schema) {
  return R"({"properties":{"k":)" + std::string(schema) + R"(}})";
}

struct conversion {
  std::string_view schema; ///< of k
  std::string_view value;  ///< as the reader of the file makes it
  std::string_view effective;
};
std::ostream& operator<<(std::ostream& out, conversion const& one) {
  return out << one.schema << ' ' << one.value;
}

constexpr conversion conversions[] = {
    {R"({"type":"string"})", "1.5", R"("1.5")"},
    {R"({"type":"string"})", "12", R"("12")"},
    {R"({"type":"string"})", "true", R"("true")"},
    {R"({"type":["string","null"]})", "-7", R"("-7")"},
    {R"({"type":["string","integer"]})", "12", "12"},
    {R"({"type":["string","integer"]})", R"("12")", R"("12")"},
    {R"({"enum":["1","2"]})", "1", R"("1")"},
    {R"({"const":"5"})", "5", R"("5")"},
    {R"({"$ref":"#/$defs/t"})", "12", R"("12")"},
    {R"({"allOf":[{"minLength":1},{"type":"string"}]})", "12", R"("12")"},
    {R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "12", R"("12")"},
    {R"({"anyOf":[{"type":"string"},{"type":"number"}]})", "12", "12"},
    {R"({"type":"integer"})", R"("12")", "12"},
    {R"({"type":"number"})", R"("1.10")", "1.1"},
    {R"({"type":"number"})", R"("1e3")", "1000.0"},
    {R"({"type":"boolean"})", R"("true")", "true"},
    {R"({"enum":[1,2]})", R"("2")", "2"},
    {R"({})", R"("12")", R"("12")"},
    {R"({})", "12", "12"},
    {R"({"minLength":1})", "12", "12"},
    {R"({"type":"array"})", "[1.5]", "[1.5]"},
    {R"({"items":{"type":"string"}})", "[1.5]", "[1.5]"},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(typed_source, plan_fixture)

BOOST_DATA_TEST_CASE_F(plan_fixture, the_schema_decides_about_a_text, data::make(conversions),
                       one) {
  auto const schema =
      R"({"$defs":{"t":{"type":"string"}},"properties":{"k":)" + std::string(one.schema) + "}}";
  bool const may_differ = one.schema.find("items") != one.schema.npos;
  must(files_changed({good("schemas/admin/n.json", schema)}));

  auto const done =
      must(files_changed({good("admin/n.env", R"({"k":)" + std::string(one.value) + "}")}));

  if (may_differ) {
    BOOST_TEST((status("admin/n.env") == source_status::quarantined)); // it is JSON: 1.5 is 1.5
    return;
  }
  BOOST_TEST(text("n") == R"({"k":)" + std::string(one.effective) + "}");
}

BOOST_AUTO_TEST_CASE(sources_with_types_are_not_converted) {
  must(files_changed({good("schemas/admin/n.json", with_property(R"({"type":"string"})"))}));

  must(files_changed({good("admin/n.json", R"({"k":1})")}));

  BOOST_TEST((status("admin/n.json") == source_status::quarantined));
}

BOOST_AUTO_TEST_CASE(a_text_that_is_no_canonical_number_is_rejected_with_the_reason) {
  must(files_changed({good("schemas/admin/n.json", with_property(R"({"type":"integer"})"))}));
  auto const why = [this](std::string_view content) {
    auto const done = must(files_changed({good("admin/n.env", content)}));
    return done.transitions.empty() ? issue()
                                    : done.transitions.back().now.why.value().issues.at(0);
  };

  auto const zip = why(R"({"k":"00123"})");
  BOOST_TEST(zip.message == R"("00123" is not a canonical integer)");
  BOOST_TEST(zip.key == "n.k");
  BOOST_TEST(zip.path == "/admin/n.env");
  BOOST_TEST(zip.where.line == 1U);
  BOOST_TEST(why(R"({"k":"12345678901234567890"})").message ==
             "the integer is out of the range of int64");
  BOOST_TEST(why(R"({"k":"1.5"})").message == R"("1.5" is not a canonical integer)");
}

BOOST_AUTO_TEST_CASE(a_secret_text_is_not_quoted) {
  must(files_changed(
      {good("schemas/admin/n.json", with_property(R"({"type":"boolean","x-secret":true})"))}));

  auto const done = must(files_changed({good("admin/n.ini", R"({"k":"hunter2"})")}));

  BOOST_TEST(done.transitions.at(0).now.why->issues.at(0).message ==
             "the text is not a canonical boolean; write true or false");
}

BOOST_AUTO_TEST_CASE(a_new_schema_changes_what_a_file_means) {
  must(files_changed({good("admin/n.env", R"({"k":12})")}));
  BOOST_TEST(text("n") == R"({"k":12})");

  must(files_changed({good("schemas/admin/n.json", with_property(R"({"type":"string"})"))}));
  BOOST_TEST(text("n") == R"({"k":"12"})");

  must(files_changed({gone("schemas/admin/n.json")}));
  BOOST_TEST(text("n") == R"({"k":12})");
}

BOOST_AUTO_TEST_CASE(names_of_variables_are_those_of_the_schema) {
  must(files_changed({good("schemas/admin/n.json",
                           R"({"properties":{"logLevel":{"type":"string"},"max-conn":{},
                               "two_words":{},"twoWords":{},
                               "in":{"properties":{"subKey":{"type":"integer"}}}}})")}));

  must(files_changed({good("admin/n.env", R"({"log_level":1,"max_conn":2,"two_words":3,
                                              "twowords":4,"other_one":5,"in":{"sub_key":"6"}})"),
                      good("environment/n", R"({"log_level":"x"})")}));

  BOOST_TEST(text("n") == R"({"in":{"subKey":6},"logLevel":"x","max-conn":2,"other_one":5,)"
                          R"("two_words":3,"twowords":4})");
}

BOOST_AUTO_TEST_CASE(explain_shows_what_is_effective_and_its_place) {
  must(files_changed(
      {good("schemas/admin/n.json", R"({"properties":{"logLevel":{"type":"string"}}})"),
       good("admin/n.env", R"({"a":1,"log_level":10})")}));

  auto const all = explain(state.namespaces.at("n"), to_key("n.logLevel"));

  BOOST_TEST(all.value.value() == R"("10")");
  BOOST_REQUIRE_EQUAL(all.layer_values.size(), 1U);
  BOOST_TEST(all.layer_values[0].value.value() == R"("10")");
  BOOST_TEST(all.layer_values[0].from.at.line == 2U);
}

BOOST_AUTO_TEST_CASE(a_repeated_key_of_ini_needs_a_schema_with_an_array) {
  auto const repeated = good("admin/n.ini", R"({"s":{"k":["a",1]},"z":1})");
  auto const refused_one = must(files_changed({repeated}));
  auto const& why = refused_one.transitions.at(0).now.why.value().issues.at(0);
  BOOST_TEST(why.message == "duplicate key 'k' (first at line 2); no schema asks for an array: "
                            "remove one of them");
  BOOST_TEST(why.where.line == 4U);
  BOOST_TEST(why.key == "n.s.k");

  must(files_changed({good(
      "schemas/admin/n.json",
      R"({"properties":{"s":{"properties":{"k":{"type":"array","items":{"type":"string"}}}}}})")}));

  BOOST_TEST((status("admin/n.ini") == source_status::active)); // retried with the schema
  BOOST_TEST(text("n") == R"({"s":{"k":["a","1"]},"z":1})");
}

BOOST_AUTO_TEST_CASE(a_single_key_of_ini_may_be_an_array_of_one) {
  must(files_changed({good("schemas/admin/n.json",
                           with_property(R"({"type":"array","items":{"type":"string"}})"))}));

  must(files_changed({good("admin/n.ini", R"({"k":1,"z":2})")}));
  BOOST_TEST(text("n") == R"({"k":["1"],"z":2})");
  auto const z = explain(state.namespaces.at("n"), to_key("n.z"));
  BOOST_TEST(z.layer_values.at(0).from.at.line == 2U);

  must(files_changed({gone("admin/n.ini"), good("admin/n.env", R"({"k":1})")}));
  BOOST_TEST((status("admin/n.env") == source_status::quarantined));
}

BOOST_AUTO_TEST_CASE(a_variable_cannot_lead_through_an_array) {
  must(files_changed({good("admin/n.json", R"({"list":[1],"port":1})")}));

  auto const done = must(files_changed({good("environment/n", R"({"list":{"0":"z"}})")}));

  auto const& why = done.transitions.at(0).now.why.value().issues.at(0);
  BOOST_TEST(why.message == "'n.list' is an array in a lower layer and has no members; set the "
                            "whole value");
  BOOST_TEST(why.key == "n.list");
  BOOST_TEST(text("n") == R"({"list":[1],"port":1})");
  must(files_changed({good("environment/n", R"({"port":{"a":1}})")}));
  BOOST_TEST(text("n") == R"({"list":[1],"port":1})");
  must(files_changed({good("environment/n", R"({"list":[2]})")}));
  BOOST_TEST(text("n") == R"({"list":[2],"port":1})");
}

BOOST_AUTO_TEST_CASE(a_set_cannot_lead_through_an_array_or_a_scalar) {
  must(files_changed({good("admin/n.json", R"({"list":[1],"port":1,"o":{"a":1}})")}));

  auto const refused_one = refusal(set({{"n.list.\"0\"", "\"z\""}}));
  BOOST_TEST((refused_one.code == errc::bad_key));
  BOOST_TEST(refused_one.message ==
             "'n.list' is an array and has no members; set 'n.list' as a whole");
  BOOST_TEST(refusal(set({{"n.port.a.b", "1"}})).message ==
             "'n.port' is a number and has no members; set 'n.port' as a whole");
  must(set({{"n.o.b.c", "1"}, {"n.new.a", "2"}}));
  BOOST_TEST(refusal(set({{"n.o.b.c.d", "1"}})).message.starts_with("'n.o.b.c' is a number"));
  BOOST_TEST(text("n") == R"({"list":[1],"new":{"a":2},"o":{"a":1,"b":{"c":1}},"port":1})");

  must(set({{"n.port", R"({"a":1})"}}));
  must(set({{"n.port.b", "2"}}));
  auto replace = set({{"n.o.b.c.d", "1"}});
  replace.unset.push_back(to_key("n.o.b"));
  must(replace);
  BOOST_TEST(text("n") ==
             R"({"list":[1],"new":{"a":2},"o":{"a":1,"b":{"c":{"d":1}}},"port":{"a":1,"b":2}})");
}

BOOST_AUTO_TEST_CASE(a_set_of_texts_gets_the_types_of_the_schema) {
  must(files_changed({good("schemas/admin/n.json",
                           R"({"properties":{"s":{"type":"string"},"i":{"type":"integer"},
                               "o":{"properties":{"n":{"type":"number"}}}}})")}));
  auto asked = set({{"n.s", "12"}, {"n.i", "\"7\""}, {"n.o.n", "\"1.10\""}, {"n.free", "1"}});
  BOOST_TEST((refusal(asked).code == errc::invalid));

  asked.text = true;
  must(asked);
  BOOST_TEST(text("n") == R"({"free":1,"i":7,"o":{"n":1.1},"s":"12"})");

  auto wrong = set({{"n.i", "\"080\""}});
  wrong.text = true;
  auto const why = refusal(wrong);
  BOOST_TEST(why.issues.at(0).message == R"("080" is not a canonical integer)");
  BOOST_TEST(why.message == R"(n.i: "080" is not a canonical integer)");

  // The same error as of a file, see
  // a_text_that_is_no_canonical_number_is_rejected_with_the_reason.
  auto large = set({{"n.i", "\"9223372036854775808\""}});
  large.text = true;
  BOOST_TEST(refusal(large).issues.at(0).message == "the integer is out of the range of int64");
}

BOOST_AUTO_TEST_CASE(elements_that_were_written_as_text_get_the_types_of_the_schema) {
  must(files_changed({good("schemas/admin/n.json", R"({"properties":{"list":{"items":{
      "properties":{"s":{"type":"string"},"i":{"type":"integer"}}}}}})")}));
  auto asked = set({{"n.list", R"([{"s":2024,"i":"7"}])"}, {"free.list", "[1]"}});
  asked.text_elements = {parse_value_path("n.list[0].s").value(),
                         parse_value_path("n.list[0].i").value(),
                         parse_value_path("free.list[0]").value()};

  must(asked);

  BOOST_TEST(text("n") == R"({"list":[{"i":7,"s":"2024"}]})");
  BOOST_TEST(text("free") == R"({"list":[1]})");
  for (auto const* const wrong : {"n.list[1].s", "n.list[0].x", "n.other[0]", "n.list[+]"}) {
    asked.text_elements = {parse_value_path(wrong).value()};
    auto const why = refusal(asked);
    BOOST_TEST((why.code == errc::bad_key), wrong);
    BOOST_TEST(why.subject == wrong);
  }
  asked.text_elements.clear(); // what is in an array was written as JSON
  asked.text = true;
  BOOST_TEST((refusal(asked).code == errc::invalid));
}

BOOST_AUTO_TEST_CASE(notes_of_an_accepted_file_are_kept_with_it) {
  auto file = good("admin/n.yaml", R"({"a":"yes","b":"no"})");
  auto& document = std::get<source_update::good>(file.what).document;
  for (auto const* const pointer : {"/a", "/b"})
    document.notes.push_back({.how = severity::warning,
                              .rule = "yaml",
                              .pointer = pointer,
                              .message = "ambiguous",
                              .where = {.line = 3, .column = 4}});

  auto const done = must(files_changed({file}));

  auto const& row = find_source(state, to_source("admin/n.yaml"))->row;
  BOOST_TEST((row.status == source_status::active));
  BOOST_REQUIRE_EQUAL(row.why.value().issues.size(), 2U);
  BOOST_TEST(to_string(row.why->issues[0]) == "/admin/n.yaml:3:4: warning: n.a: ambiguous [yaml]");
  BOOST_REQUIRE_EQUAL(done.transitions.size(), 1U);
  BOOST_TEST((done.transitions[0].now.status == source_status::active));

  must(files_changed({touched("admin/n.yaml")}));
  BOOST_TEST(find_source(state, to_source("admin/n.yaml"))->row.why.value().issues.size() == 2U);

  // Where the schema asks for text, the text is meant.
  must(files_changed(
      {good("schemas/admin/n.json", R"({"properties":{"a":{"type":"string"},"b":{}}})")}));
  must(files_changed({file}));
  BOOST_TEST(find_source(state, to_source("admin/n.yaml"))->row.why.value().issues.size() == 1U);

  must(files_changed({good("admin/n.yaml", R"({"a":"yes"})")}));
  BOOST_TEST(!find_source(state, to_source("admin/n.yaml"))->row.why.has_value());
}

BOOST_AUTO_TEST_CASE(a_note_on_a_credential_is_left_out_where_the_value_is_a_secret) {
  auto file = good("admin/n.json", R"({"a":"x","o":{"b":"y"},"l":["z"]})");
  auto& document = std::get<source_update::good>(file.what).document;
  for (auto const* const pointer : {"/a", "/o/b", "/l/0"})
    document.notes.push_back({.how = severity::warning,
                              .rule = "credential",
                              .pointer = pointer,
                              .message = "everybody sees it"});
  must(files_changed({file}));
  BOOST_TEST(find_source(state, to_source("admin/n.json"))->row.why.value().issues.size() == 3U);

  must(files_changed({good("schemas/admin/n.json", R"({"properties":{"a":{},"o":{"x-secret":true},)"
                                                   R"("l":{"items":{"x-secret":true}}}})")}));
  must(files_changed({file}));

  auto const& issues = find_source(state, to_source("admin/n.json"))->row.why.value().issues;
  BOOST_REQUIRE_EQUAL(issues.size(), 1U);
  BOOST_TEST(issues[0].key == "n.a");
}

BOOST_AUTO_TEST_SUITE_END()
