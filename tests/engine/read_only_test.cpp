#include "tests/support/plan_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <ostream>
#include <string>

// Files may set a read-only key, clients may not: neither it, nor a key below or above it.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::test;

constexpr auto schema_file = "schemas/admin/app.json";
constexpr auto file = "admin/app.json";
constexpr auto with_read_only = R"({"properties":{
  "serial":{"type":"string","readOnly":true},
  "db":{"properties":{"id":{"readOnly":true},"host":{}}},
  "net":{"$ref":"#/$defs/net"},
  "list":{"items":{"readOnly":true}}},
  "$defs":{"net":{"allOf":[{"properties":{"mac":{"readOnly":true}}}]}}})";

constexpr auto with_named_elements = R"({"properties":{"nav":{"x-key":"name",
  "items":{"properties":{"url":{"readOnly":true},"title":{}}}}}})";

struct fixture : plan_fixture {
  void save_all() {
    must(files_changed(
        {good(schema_file, with_read_only),
         good(file, R"({"serial":"s","db":{"id":1,"host":"h"},"net":{"mac":"m"}})")}));
  }
  /// The key that a request is rejected for; "" if it is accepted.
  std::string rejected_key(request const& one) {
    auto const done = decide(one);
    if (done) return "";
    BOOST_TEST((done.error().code == errc::read_only));
    return done.error().subject;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(read_only, fixture)

BOOST_AUTO_TEST_CASE(a_client_may_not_set_it_or_what_is_below) {
  save_all();

  BOOST_TEST(rejected_key(set({{"app.serial", "\"t\""}})) == "app.serial");
  BOOST_TEST(rejected_key(set({{"app.serial", "\"s\""}})) == "app.serial");
  BOOST_TEST(rejected_key(set({{"app.serial.x", "1"}})) == "app.serial.x");
  BOOST_TEST(rejected_key(set({{"app.db.host", "\"x\""}, {"app.db.id", "2"}})) == "app.db.id");
  BOOST_TEST(rejected_key(set({{"app.net.mac", "\"n\""}})) == "app.net.mac");
  auto dry = set({{"app.serial", "\"t\""}});
  dry.dry_run = true;
  BOOST_TEST(rejected_key(dry) == "app.serial");
  BOOST_TEST(state.revision == 1U);
}

BOOST_AUTO_TEST_CASE(the_rejection_names_the_place_in_the_schema) {
  save_all();

  auto const why = refusal(set({{"app.serial", "\"t\""}}));

  BOOST_TEST(why.message == "the key is read-only: the schema '/schemas/admin/app.json' says so");
  BOOST_REQUIRE_EQUAL(why.issues.size(), 1U);
  BOOST_TEST(why.issues[0].path == "/schemas/admin/app.json");
  BOOST_TEST((why.issues[0].where == place{4, 1}));
}

BOOST_AUTO_TEST_CASE(a_client_may_not_unset_it) {
  must(set({{"app.serial", "\"o\""}}));
  save_all();

  BOOST_TEST(rejected_key(unset({"app.serial"})) == "app.serial");
  BOOST_TEST(rejected_key(unset({"app"})) == "app.serial");
  BOOST_TEST(rejected_key(unset({"app.db.id"})) == "app.db.id");
  must(files_changed({good(schema_file, "{}")}));
  must(unset({"app.serial"}));
  BOOST_TEST(text("app") == R"({"db":{"host":"h","id":1},"net":{"mac":"m"},"serial":"s"})");
}

BOOST_AUTO_TEST_CASE(a_client_may_not_change_it_with_a_key_above) {
  save_all();

  BOOST_TEST(rejected_key(set({{"app.db", R"({"id":2})"}})) == "app.db.id");
  BOOST_TEST(rejected_key(set({{"app.db", R"({"id":1})"}})) == "app.db.id");
  BOOST_TEST(rejected_key(set({{"app.db", "5"}})) == "app.db.id");
  BOOST_TEST(rejected_key(set({{"app", R"({"serial":"t"})"}})) == "app.serial");
  BOOST_TEST(rejected_key(set({{"app.db", R"({"host":"x"})"}})) == "");
  BOOST_TEST(text("app") == R"({"db":{"host":"x","id":1},"net":{"mac":"m"},"serial":"s"})");
  BOOST_TEST(rejected_key(unset({"app.db"})) == "");
}

BOOST_AUTO_TEST_CASE(an_element_of_a_list_is_not_a_key) {
  save_all();

  BOOST_TEST(rejected_key(set({{"app.list", "[1]"}})) == "");
}

BOOST_AUTO_TEST_CASE(a_member_of_a_named_element_is_left_to_files) {
  must(files_changed({good(schema_file, with_named_elements),
                      good(file, R"({"nav":[{"name":"a","url":"/a","title":"A"}]})")}));

  BOOST_TEST(rejected_key(set({{"app.nav", R"([{"name":"a","url":"/x"}])"}})) == "app.nav.a.url");
  BOOST_TEST(rejected_key(set({{"app.nav", R"([{"name":"a"}])"}})) == "app.nav.a.url");
  BOOST_TEST(rejected_key(set({{"app.nav", "[]"}})) == "app.nav.a.url");
  BOOST_TEST(rejected_key(set({{"app.nav", R"([{"name":"b","url":"/b"}])"}})) == "app.nav.a.url");
  BOOST_TEST(rejected_key(set({{"app.nav.a.url", R"("/x")"}})) == "app.nav.a.url");
  BOOST_TEST(rejected_key(set({{"app.nav.a", R"({"url":"/x"})"}})) == "app.nav.a.url");
  BOOST_TEST(rejected_key(set({{"app.nav", "5"}})) == "app.nav.a.url");

  // An array is set as a whole, with the members that stay.
  must(set({{"app.nav.a.title", R"("C")"}}));
  must(set({{"app.nav", R"([{"name":"a","url":"/a","title":"B"}])"}}));
  must(files_changed({good(file, R"({"nav":[{"name":"a","url":"/new"}]})")}));
  must(unset({"app.nav"})); // the file decides again
  BOOST_TEST(text("app") == R"({"nav":[{"name":"a","url":"/new"}]})");
}

BOOST_AUTO_TEST_CASE(a_rollback_leaves_an_array_with_such_members_as_it_is) {
  must(files_changed({good(schema_file, with_named_elements)}));
  auto const wanted = state.revision + 1;
  auto const one = good(file, R"({"nav":[{"name":"a","url":"/a"}],"x":1})");
  auto const other = good(file, R"({"nav":[{"name":"a","url":"/b"}],"x":2})");

  auto const done = decide_together({files_changed({one}), files_changed({other}),
                                     rollback_request{.revision = wanted, .name_space = "app"}});

  BOOST_REQUIRE(done.back());
  BOOST_TEST(text("app") == R"({"nav":[{"name":"a","url":"/b"}],"x":1})");
  BOOST_REQUIRE_EQUAL(done.back()->warnings.size(), 1U);
  BOOST_TEST(done.back()->warnings[0].key == "app.nav");
  BOOST_TEST(done.back()->warnings[0].rule == "readOnly");
}

BOOST_AUTO_TEST_CASE(a_file_may_change_it) {
  save_all();

  must(files_changed({good(file, R"({"serial":"t"})")}));

  BOOST_TEST(text("app") == R"({"serial":"t"})");
  must(files_changed({gone(file)}));
  BOOST_TEST(text("app") == "{}");
}

BOOST_AUTO_TEST_CASE(a_pending_change_from_before_can_end) {
  auto timed = set({{"app.serial", "\"o\""}});
  timed.ends = expiry{.after = std::chrono::seconds(60)};
  must(timed);
  save_all();

  must(pending_request{.revision = 1, .what = pending_request::action::end});

  BOOST_TEST(text("app") == R"({"db":{"host":"h","id":1},"net":{"mac":"m"},"serial":"s"})");
}

BOOST_AUTO_TEST_CASE(explain_says_so) {
  save_all();
  auto const& app = *find_namespace(state, "app");

  BOOST_TEST(explain(app, to_key("app.serial")).read_only);
  BOOST_TEST(explain(app, to_key("app.net.mac")).read_only);
  BOOST_TEST(!explain(app, to_key("app.db")).read_only);
}

BOOST_AUTO_TEST_SUITE_END()
