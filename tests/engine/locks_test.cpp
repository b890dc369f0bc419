#include "engine/hidden.hpp"
#include "tests/support/plan_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

// Layers above a lock cannot change its keys: requests are refused, values of files do not count.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::test;

constexpr auto lock_file = "access/vendor/10.toml";
constexpr auto of_vendor = "vendor/site.json";
constexpr auto of_admin = "admin/site.json";

std::string locking(std::string_view which, std::string_view above = "vendor") {
  return R"({"lock":[{"keys":[")" + std::string(which) + R"("],"above":")" + std::string(above) +
         R"(","reason":"house style"}]})";
}

struct fixture : plan_fixture {
  std::string rejected(request const& one) {
    auto const done = decide(one);
    if (done) return "";
    BOOST_TEST((done.error().code == errc::read_only));
    return done.error().subject;
  }
  /// The messages of the notes on a source, with their places.
  std::string notes(std::string_view source) const {
    std::string out;
    auto const record = engine::find_source(state, to_source(source));
    if (record->row.why)
      for (auto const& one : record->row.why->issues)
        out += one.key + ':' + std::to_string(one.where.line) + ' ' + one.message + "; ";
    return out;
  }
  explanation why(std::string_view which) const {
    return explain(*find_namespace(state, "site"), to_key(which));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(locks, fixture)

BOOST_AUTO_TEST_CASE(a_client_may_not_change_a_locked_key) {
  must(files_changed({good(of_vendor, R"({"theme":{"color":"red"},"port":1})"),
                      good(lock_file, locking("site.theme"))}));

  BOOST_TEST(rejected(set({{"site.theme", "{}"}})) == "site.theme");
  BOOST_TEST(rejected(set({{"site.theme.color", "\"red\""}})) == "site.theme.color");
  BOOST_TEST(rejected(unset({"site.theme.font"})) == "site.theme.font");
  BOOST_TEST(rejected(set({{"site", R"({"theme":{"color":"blue"}})"}})) == "site.theme.color");
  BOOST_TEST(rejected(set({{"site", R"({"theme":5})"}})) == "site.theme");
  auto hiding = set({});
  hiding.hide = {to_key("site.theme")};
  BOOST_TEST(rejected(hiding) == "site.theme");
  auto dry = set({{"site.theme.color", "1"}});
  dry.dry_run = true;
  BOOST_TEST(rejected(dry) == "site.theme.color");
  must(set({{"site", R"({"port":2})"}}));
  BOOST_TEST(text("site") == R"({"port":2,"theme":{"color":"red"}})");
}

BOOST_AUTO_TEST_CASE(the_refusal_has_the_reason_and_the_place) {
  must(files_changed({good(lock_file, locking("site.theme"))}));

  auto const said = refusal(set({{"site.theme", "1"}}));

  BOOST_TEST(said.message == "the key is locked by /access/vendor/10.toml:2: house style");
  BOOST_REQUIRE_EQUAL(said.issues.size(), 1U);
  BOOST_TEST(said.issues[0].path == "/access/vendor/10.toml");
  BOOST_TEST(said.issues[0].where.line == 2U);
  BOOST_TEST(said.issues[0].message == "house style");
}

BOOST_AUTO_TEST_CASE(a_parent_without_members_would_remove_the_key) {
  must(files_changed(
      {good(of_vendor, R"({"a":{"b":{"c":1}}})"), good(lock_file, locking("site.a.b.c"))}));

  BOOST_TEST(rejected(set({{"site.a", "5"}})) == "site.a");
  auto hiding = set({});
  hiding.hide = {to_key("site.a.b")};
  BOOST_TEST(rejected(hiding) == "site.a.b");
  must(set({{"site.a.b.d", "2"}, {"site.a.e", "{}"}}));
  BOOST_TEST(text("site") == R"({"a":{"b":{"c":1,"d":2},"e":{}}})");
}

BOOST_AUTO_TEST_CASE(values_of_files_above_the_lock_do_not_count) {
  must(files_changed({good(of_vendor, R"({"theme":{"color":"red"}})"),
                      good(of_admin, R"({"theme":{"color":"blue","font":"x"},"port":1})"),
                      good("runtime/site.json", R"({"theme":null})")}));
  BOOST_TEST(text("site") == R"({"port":1})");

  auto const done = must(files_changed({good(lock_file, locking("site.theme"))}));

  BOOST_TEST(text("site") == R"({"port":1,"theme":{"color":"red"}})");
  BOOST_TEST(done.changes.size() == 1U);
  BOOST_TEST(notes(of_admin) ==
             "site.theme:1 has no effect: is locked by /access/vendor/10.toml:2: house style; ");
  BOOST_TEST(notes("runtime/site.json") ==
             "site.theme:1 has no effect: is locked by /access/vendor/10.toml:2: house style; ");
  BOOST_TEST(notes(of_vendor) == "");
  BOOST_TEST(done.transitions.size() == 2U); // of the files that have notes now
}

BOOST_AUTO_TEST_CASE(a_new_file_is_noted_and_what_it_says_beside_the_lock_counts) {
  must(files_changed({good(lock_file, locking("site.theme.color"))}));

  must(files_changed({good(of_admin, R"({"theme":{"color":"blue","font":"x"}})")}));
  BOOST_TEST(text("site") == R"({"theme":{"font":"x"}})");
  BOOST_TEST(notes(of_admin).starts_with("site.theme.color:2 has no effect"));
  must(files_changed({good(of_admin, R"({"theme":{"color":"blue"},"a":1})")}));
  BOOST_TEST(text("site") == R"({"a":1})");
  must(files_changed({good(of_admin, R"({"theme":"dark"})")}));
  BOOST_TEST(text("site") == "{}");
}

BOOST_AUTO_TEST_CASE(the_layer_that_a_lock_names_still_counts) {
  must(files_changed({good(of_admin, R"({"theme":"blue"})"),
                      good("runtime/site.json", R"({"theme":"green"})"),
                      good(lock_file, locking("site.theme", "admin"))}));

  BOOST_TEST(text("site") == R"({"theme":"blue"})");
}

BOOST_AUTO_TEST_CASE(earlier_overrides_come_back_when_the_lock_goes) {
  must(files_changed({good(of_vendor, R"({"theme":"red"})")}));
  must(set({{"site.theme", "\"blue\""}}));

  auto const done = must(files_changed({good(lock_file, locking("site.theme"))}));

  BOOST_TEST(text("site") == R"({"theme":"red"})");
  BOOST_REQUIRE_EQUAL(done.warnings.size(), 1U);
  BOOST_TEST(done.warnings[0].message == "the override has no effect: is locked by "
                                         "/access/vendor/10.toml:2: house style");
  BOOST_TEST(rejected(unset({"site.theme"})) == "site.theme");
  BOOST_TEST(summarize_overrides(*find_namespace(state, "site")).hidden == 0U);
  must(files_changed({gone(lock_file)}));
  BOOST_TEST(text("site") == R"({"theme":"blue"})");
}

BOOST_AUTO_TEST_CASE(overrides_without_effect_are_marked) {
  must(files_changed({good(of_vendor, R"({"theme":{"color":"red"}})")}));
  must(set({{"site.theme", R"({"color":"blue","font":"serif"})"}, {"site.title", "\"t\""}}));
  auto const marked = [this] {
    std::string all;
    for (auto const& row : list_overrides(*find_namespace(state, "site"), {}))
      if (row.is_locked) all += row.key + ' ';
    return all;
  };
  BOOST_TEST(marked() == "");

  must(files_changed({good(lock_file, locking("site.theme.color"))})); // a part of the override
  BOOST_TEST(marked() == "site.theme ");
  must(files_changed({good(lock_file, locking("site.title", "admin"))}));
  BOOST_TEST(marked() == "site.title ");
}

BOOST_AUTO_TEST_CASE(a_lock_that_makes_values_invalid_is_rejected) {
  must(files_changed({good("schemas/admin/site.json", R"({"required":["theme"]})"),
                      good(of_admin, R"({"theme":"blue"})")}));

  must(files_changed({good(lock_file, locking("site.theme"))}));

  BOOST_TEST((status(lock_file) == source_status::quarantined));
  BOOST_TEST(text("site") == R"({"theme":"blue"})");
}

BOOST_AUTO_TEST_CASE(a_rollback_leaves_locked_keys_with_a_warning) {
  history = [](revision_number, std::string const&) {
    return std::map<std::string, std::string>{{"site", R"({"port":1})"}};
  };
  must(files_changed({good(of_vendor, R"({"theme":{"color":"red","font":"x"},"port":2})"),
                      good(lock_file, locking("site.theme.color"))}));

  auto const done = must(rollback_request{.revision = 1, .name_space = "site"});

  BOOST_TEST(text("site") == R"({"port":1,"theme":{"color":"red"}})");
  BOOST_REQUIRE_EQUAL(done.warnings.size(), 1U);
  BOOST_TEST(done.warnings[0].key == "site.theme.color");
  BOOST_TEST(done.warnings[0].message ==
             "was left as it is: is locked by /access/vendor/10.toml:2: house style");
}

BOOST_AUTO_TEST_CASE(a_restore_leaves_locked_keys_with_a_warning) {
  must(files_changed(
      {good(of_vendor, R"({"theme":"red"})"), good(lock_file, locking("site.theme"))}));

  auto const done = must(restore_request{
      .overrides = {{"site", {{"theme", "blue"}, {"port", 1}}}, {"other", {{"a", 1}}}}});

  BOOST_TEST(text("site") == R"({"port":1,"theme":"red"})");
  BOOST_TEST(text("other") == R"({"a":1})");
  BOOST_TEST(done.warnings.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_restore_of_a_new_namespace_leaves_out_locked_keys) {
  must(files_changed({good(lock_file, locking("site.theme"))}));

  auto const done =
      must(restore_request{.overrides = {{"site", {{"theme", "blue"}, {"port", 1}}}}});

  BOOST_TEST(text("site") == R"({"port":1})");
  BOOST_TEST(done.warnings.size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_explanation_has_the_lock_and_what_it_takes_away) {
  must(files_changed({good(of_vendor, R"({"theme":"red","port":1})"),
                      good(of_admin, R"({"theme":"blue","port":2})"),
                      good(lock_file, locking("site.theme"))}));

  auto const theme = why("site.theme");
  auto const port = why("site.port");

  BOOST_REQUIRE(theme.lock.has_value());
  BOOST_TEST(theme.lock->place() == "/access/vendor/10.toml:2");
  BOOST_TEST((theme.lock->above == layer::vendor));
  BOOST_TEST(theme.value.value() == "\"red\"");
  BOOST_REQUIRE_EQUAL(theme.layer_values.size(), 2U);
  BOOST_TEST(theme.layer_values[0].is_locked);
  BOOST_TEST(!theme.layer_values[1].is_locked);
  BOOST_TEST(!port.lock.has_value());
  BOOST_TEST(!port.layer_values[0].is_locked);
}

BOOST_AUTO_TEST_CASE(a_locked_value_counts_as_hidden) {
  must(files_changed({good(of_vendor, R"({"theme":"red","port":1})"),
                      good(of_admin, R"({"theme":"red","port":2})"),
                      good(lock_file, locking("site.theme"))}));

  auto const counts = count_hidden(*find_namespace(state, "site"));

  BOOST_TEST(counts.at(to_source(of_admin)).hidden == 1U);
  BOOST_TEST(counts.at(to_source(of_vendor)).hidden == 1U); // the port
}

BOOST_AUTO_TEST_CASE(members_of_named_elements_can_be_locked_for_files) {
  must(files_changed({good("schemas/admin/site.json", R"({"properties":{"nav":{"x-key":"name"}}})"),
                      good(of_vendor, R"({"nav":[{"name":"home","url":"/"}]})"),
                      good(of_admin, R"({"nav":[{"name":"home","url":"/x","title":"t"}]})"),
                      good(lock_file, locking("site.nav.home.url"))}));

  BOOST_TEST(text("site") == R"({"nav":[{"name":"home","title":"t","url":"/"}]})");
  BOOST_TEST(rejected(set({{"site.nav", R"([{"name":"home","url":"/y"}])"}})) == "site.nav");
}

BOOST_AUTO_TEST_SUITE_END()
