#include "core/json.hpp"
#include "tests/support/plan_fixture.hpp"
#include "watchers/read_source.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

// Files without types and the schemas of their namespaces, read as the daemon reads them.

namespace {

using namespace cfgd;
using namespace cfgd::test;

engine::source_update file(std::string_view source, std::string_view content) {
  auto update = good(source, "{}");
  update.what = engine::source_update::good{
      watchers::read_source(to_source(source), content, limits{}).value(), std::string(content)};
  return update;
}

constexpr std::string_view big_env = R"(export ACCOUNT=12345678901234567890
VER=1.10
ZIP=00123
)";

} // namespace

BOOST_FIXTURE_TEST_SUITE(read_with_schema, plan_fixture)

BOOST_AUTO_TEST_CASE(numbers_in_env_files_keep_their_text) {
  must(files_changed({file("admin/site.env", big_env)}));

  BOOST_TEST(text("site") == R"({"account":"12345678901234567890","ver":"1.10","zip":"00123"})");
  auto const& notes =
      engine::find_source(state, to_source("admin/site.env"))->row.why.value().issues;
  BOOST_REQUIRE_EQUAL(notes.size(), 1U);
  BOOST_TEST(to_string(notes[0]) ==
             "/admin/site.env:1:16: warning: site.account: the integer is out of the range of "
             "int64; it is kept as text [range]");
}

BOOST_AUTO_TEST_CASE(a_schema_for_env_files_decides) {
  must(files_changed({file("schemas/admin/site.yaml",
                           "properties:\n  ver: {type: string}\n  zip: {type: integer}\n")}));

  auto const done = must(files_changed({file("admin/site.env", big_env)}));

  auto const& now = done.transitions.at(0).now;
  BOOST_TEST((now.status == engine::source_status::quarantined));
  BOOST_REQUIRE_EQUAL(now.why->issues.size(), 1U);
  BOOST_TEST(to_string(now.why->issues[0]) == "/admin/site.env:3:1: error: site.zip: \"00123\" is "
                                              "not a canonical integer [type]");
  must(files_changed({file("admin/site.env", "VER=1.5\nZIP=123\n")}));
  BOOST_TEST(text("site") == R"({"ver":"1.5","zip":123})");
}

BOOST_AUTO_TEST_CASE(modes_and_times_in_yaml_are_effective_as_in_1_2_and_noted) {
  auto const noted = [this](std::string_view source) {
    std::string out;
    for (auto const& one : engine::find_source(state, to_source(source))->row.why.value().issues)
      out += one.key + ' ' + std::to_string(one.where.line) + ':' +
             std::to_string(one.where.column) + "; ";
    return out;
  };
  must(files_changed({file("admin/perm.yaml", "mode: 0755\non: yes\nport: 22:22\n"
                                              "date: 2024-01-02\nnothing: ~\nlist: [1, null, 2]\n"),
                      file("admin/edge.yaml", "octal11: 0755\noctal12: 0o755\nnorway: no\n"
                                              "quoted: \"no\"\ntime: 12:30\ntilde: ~\n"
                                              "arr: [1, null, 2]\n")}));

  // What is null is absent, and in an array a value.
  BOOST_TEST(text("perm") ==
             R"({"date":"2024-01-02","list":[1,null,2],"mode":755,"on":"yes","port":"22:22"})");
  BOOST_TEST(text("edge") == R"({"arr":[1,null,2],"norway":"no","octal11":755,"octal12":493,)"
                             R"("quoted":"no","time":"12:30"})");
  BOOST_TEST(noted("admin/perm.yaml") ==
             "perm.mode 1:7; perm.on 2:1; perm.on 2:5; perm.port 3:7; ");
  BOOST_TEST(noted("admin/edge.yaml") == "edge.octal11 1:10; edge.norway 3:9; edge.time 5:7; ");
}

BOOST_AUTO_TEST_CASE(repeated_keys_of_ini_files_are_arrays_by_schema) {
  auto const ini = file("admin/git.ini", "[remote \"o.e\"]\n\tfetch = 1\n\tfetch = b\n");

  auto const done = must(files_changed({ini}));
  BOOST_TEST(to_string(done.transitions.at(0).now.why->issues.at(0)) ==
             "/admin/git.ini:3:2: error: git.remote.\"o.e\".fetch: duplicate key 'fetch' (first at "
             "line 2); no schema asks for an array: remove one of them [duplicate]");

  must(files_changed({file("schemas/admin/git.json", R"({"properties":{"remote":
      {"additionalProperties":{"properties":{"fetch":{"type":"array"}}}}}})")}));
  BOOST_TEST(text("git") == R"({"remote":{"o.e":{"fetch":[1,"b"]}}})");
}

BOOST_AUTO_TEST_CASE(bounds_of_a_schema_may_be_beyond_int64) {
  must(files_changed(
      {file("schemas/admin/n.json",
            R"({"properties":{"a":{"maximum": 18446744073709551615},
                                             "b":{"minimum":-18446744073709551615}}})"),
       file("schemas/admin/m.yaml", "properties: {a: {maximum: 18446744073709551615}}\n")}));

  BOOST_TEST((status("schemas/admin/n.json") == engine::source_status::active));
  BOOST_TEST((status("schemas/admin/m.yaml") == engine::source_status::active));
  must(files_changed({file("admin/n.json", R"({"a": 9223372036854775807, "b": -1})")}));
  must(files_changed({file("admin/m.json", R"({"a": 1e20})")}));
  BOOST_TEST(text("n") == R"({"a":9223372036854775807,"b":-1})");
  BOOST_TEST((status("admin/m.json") == engine::source_status::quarantined));
}

BOOST_AUTO_TEST_CASE(ambiguous_scalars_of_yaml_are_notes_unless_the_schema_wants_text) {
  must(files_changed({file("schemas/admin/m.json", R"({"properties":{"on":{"type":"string"}}})")}));
  must(files_changed({file("admin/m.yaml", "mode: 0755\non: yes\nport: 22:22\n")}));

  auto const& notes = engine::find_source(state, to_source("admin/m.yaml"))->row.why->issues;
  BOOST_REQUIRE_EQUAL(notes.size(), 2U);
  BOOST_TEST(notes[0].key == "m.mode");
  BOOST_TEST(notes[0].where.line == 1U);
  BOOST_TEST(notes[0].where.column == 7U);
  BOOST_TEST(notes[1].key == "m.port");
  BOOST_TEST(text("m") == R"({"mode":755,"on":"yes","port":"22:22"})");
}

BOOST_AUTO_TEST_CASE(what_a_schema_says_without_effect_is_a_note_on_it) {
  constexpr auto source = "schemas/admin/n.json";
  auto const notes = [this] {
    auto const& why = engine::find_source(state, to_source(source))->row.why;
    return why ? why->issues : std::vector<issue>();
  };
  must(files_changed({file(source, R"({"propertys":{"a":{}}})")}));

  BOOST_TEST((status(source) == engine::source_status::active));
  BOOST_REQUIRE_EQUAL(notes().size(), 1U);
  BOOST_TEST(to_string(notes()[0]) == "/schemas/admin/n.json:1:2: warning: unknown keyword "
                                      "'propertys' (did you mean 'properties'?) [schema]");
  BOOST_TEST(notes()[0].pointer == "/propertys");

  must(files_changed({touched(source)}));
  BOOST_TEST(notes().size() == 1U);
  must(files_changed({file(source, R"({"properties":{"a":{}}})")}));
  BOOST_TEST(notes().empty());
}

BOOST_AUTO_TEST_CASE(a_rule_that_uses_what_is_not_set_says_so) {
  must(files_changed({file("admin/site.yaml", "title: a\n")}));

  auto const done = must(files_changed({file("rules/admin/site.toml", R"([[rule]]
name = "maintenance-message"
check = "site.feature_flags.maintenance"
key = "site.title"
message = "no message"
)")}));

  auto const& now = done.transitions.at(0).now;
  BOOST_TEST((now.status == engine::source_status::quarantined));
  BOOST_REQUIRE_EQUAL(now.why->issues.size(), 1U);
  BOOST_TEST(now.why->issues[0].rule == "maintenance-message");
  BOOST_TEST(now.why->issues[0].message ==
             "the rule cannot be evaluated: site.feature_flags is not set");
}

BOOST_AUTO_TEST_CASE(a_note_on_a_schema_is_about_no_key) {
  must(files_changed({file("schemas/admin/m.yaml", "properties: {a: {default: 0755}}\n")}));

  auto const& notes =
      engine::find_source(state, to_source("schemas/admin/m.yaml"))->row.why.value().issues;
  BOOST_REQUIRE_EQUAL(notes.size(), 1U);
  BOOST_TEST(notes[0].rule == "yaml");
  BOOST_TEST(notes[0].key == "");
}

BOOST_AUTO_TEST_SUITE_END()
