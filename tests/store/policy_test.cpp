#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <ostream>

// Schemas and rules validate every change before it is accepted, whoever makes it.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

constexpr auto schema = "schemas/admin/site.json";
constexpr auto file = "admin/site.json";
constexpr auto rules_file = "rules/admin/site.toml";

constexpr auto port_schema = R"({"type":"object","properties":{
  "port":{"type":"integer","minimum":1,"maximum":65535,"default":80},
  "name":{"type":"string","minLength":1},
  "tls":{"type":"object","properties":{"on":{"type":"boolean","default":false}}},
  "password":{"type":"string","x-secret":true}},"additionalProperties":false})";

constexpr auto mode_rule = R"({"rule":[{"name":"mode","key":"content.message",
  "check":"not site.tls.on or content.message ~= ''","message":"a message is needed"},
  {"name":"short","severity":"warning","check":"#content.message < 10","key":"content.message",
   "message":"the message is long"}]})";

struct fixture : store_fixture {
  source_row row(std::string_view name) {
    auto const all = store->sources();
    auto const found = std::ranges::find(all, to_source(name), &source_row::id);
    BOOST_REQUIRE(found != all.end());
    return *found;
  }
  source_status status(std::string_view name) { return row(name).status; }
  std::string value(std::string_view name) {
    return store->explain(to_key(name)).value.value_or("(none)");
  }
  /// "minimum /port; type /name; "
  static std::string listed(std::vector<issue> const& issues) {
    std::string out;
    for (auto const& one : issues)
      out += one.rule + ' ' + one.pointer + "; ";
    return out;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(policy, fixture)

BOOST_AUTO_TEST_CASE(defaults_are_the_lowest_layer) {
  auto const done = must(files_changed({good(schema, port_schema)}));

  BOOST_TEST(text("site") == R"({"port":80,"tls":{"on":false}})");
  BOOST_TEST(show(done.changes) == "1: site.port=->80 site.tls.on=->false;");
  BOOST_TEST((done.changes.at(0)->from.where == layer::defaults));
  must(files_changed({good(file, R"({"port":8080})")}));
  BOOST_TEST(text("site") == R"({"port":8080,"tls":{"on":false}})");
  auto const why = store->explain(to_key("site.port"));
  BOOST_TEST(cfgd::test::show(why) == "8080: admin 8080; default 80; ");
  BOOST_TEST(why.layer_values.at(1).from.path == "/schemas/admin/site.json");
  BOOST_TEST(why.schema.value_or("").find("65535") != std::string::npos);
  reopen();
  BOOST_TEST(text("site") == R"({"port":8080,"tls":{"on":false}})");
  must(files_changed({gone(file)}));
  BOOST_TEST(text("site") == R"({"port":80,"tls":{"on":false}})");
  must(files_changed({gone(schema)}));
  BOOST_TEST(text("site") == "(none)");
}

BOOST_AUTO_TEST_CASE(a_set_is_rejected_with_every_issue) {
  must(files_changed({good(schema, port_schema)}));

  auto const why = refusal(set({{"site.port", "0"}, {"site.nmae", "\"x\""}, {"site.name", "7"}}));

  BOOST_TEST((why.code == errc::invalid));
  BOOST_TEST(why.used == 3U);
  BOOST_REQUIRE_EQUAL(why.issues.size(), 3U);
  for (auto const& one : why.issues)
    BOOST_TEST(one.key.starts_with("site."), one);
  BOOST_TEST(text("site") == R"({"port":80,"tls":{"on":false}})");
  BOOST_TEST(store->revision() == 1U);
  auto dry = set({{"site.port", "70000"}});
  dry.dry_run = true;
  BOOST_TEST((refusal(dry).code == errc::invalid));
  BOOST_TEST(must(set({{"site.port", "443"}})).revision == 2U);
}

BOOST_AUTO_TEST_CASE(a_file_is_rejected_with_its_place) {
  must(files_changed({good(schema, port_schema), good(file, R"({"name":"a","port":1})")}));

  auto const done = must(files_changed({good(file, R"({"name":"a","port":0})")}));

  BOOST_TEST(done.changes.empty());
  auto const rejected = row(file);
  BOOST_TEST((rejected.status == source_status::quarantined));
  BOOST_TEST(rejected.is_effective);
  BOOST_REQUIRE(rejected.why);
  BOOST_TEST((rejected.why->code == errc::invalid));
  BOOST_TEST((rejected.why->where == place{2, 1}));
  BOOST_TEST(listed(rejected.why->issues) == "minimum /port; ");
  BOOST_TEST(rejected.why->issues.at(0).key == "site.port");
  BOOST_TEST(rejected.why->issues.at(0).path == "/admin/site.json");
  BOOST_TEST(*store->refused_content(to_source(file)) == R"({"name":"a","port":0})");
  BOOST_TEST(text("site") == R"({"name":"a","port":1,"tls":{"on":false}})");
  reopen();
  BOOST_TEST(row(file).why->issues.size() == 1U);
  BOOST_TEST(store->has_retryable());
  must(files_changed({good(file, R"({"name":"b","port":2})")}));
  BOOST_TEST((status(file) == source_status::active));
  BOOST_TEST(!store->has_retryable());
}

BOOST_AUTO_TEST_CASE(only_the_faulty_file_of_a_change_is_rejected) {
  must(files_changed({good(schema, port_schema), good(file, R"({"port":1})")}));

  auto const done =
      must(files_changed({good(file, R"({"port":"x"})"), good("admin/other.json", "{\"a\":1}"),
                          good("admin/site.d/a.json", R"({"name":"n"})")}));

  BOOST_TEST(show(done.changes) == "2: other.a=->1 site.name=->\"n\";");
  BOOST_TEST((status(file) == source_status::quarantined));
  BOOST_TEST((status("admin/site.d/a.json") == source_status::active));
}

BOOST_AUTO_TEST_CASE(all_or_none_rejects_all) {
  must(files_changed({good(schema, port_schema), good(file, R"({"port":1})")}));

  auto const done =
      must(files_changed({good(file, R"({"port":"x"})"), good("admin/other.json", "{\"a\":1}")},
                         grouping::all_or_none));

  BOOST_TEST(done.changes.empty());
  BOOST_TEST((status(file) == source_status::quarantined));
  BOOST_TEST((status("admin/other.json") == source_status::quarantined));
  BOOST_TEST(text("other") == "{}");
}

BOOST_AUTO_TEST_CASE(a_schema_that_the_values_violate_is_retried) {
  must(files_changed({good(file, R"({"port":0})")}));

  must(files_changed({good(schema, port_schema)}));

  BOOST_TEST((status(schema) == source_status::quarantined));
  BOOST_TEST(text("site") == R"({"port":0})");
  auto const done = must(files_changed({good(file, R"({"port":5})")}));
  BOOST_TEST((status(schema) == source_status::active));
  BOOST_TEST(text("site") == R"({"port":5,"tls":{"on":false}})");
  BOOST_TEST(done.revision == 2U);
}

BOOST_AUTO_TEST_CASE(a_rejected_file_is_accepted_with_what_it_needs) {
  must(files_changed({good(schema, port_schema)}));
  must(files_changed({good(file, R"({"colour":"red"})")}));
  BOOST_TEST((status(file) == source_status::quarantined));
  BOOST_TEST(!row(file).is_effective);

  must(files_changed({good(schema, R"({"properties":{"colour":{"type":"string"}}})")}));

  BOOST_TEST((status(file) == source_status::active));
  BOOST_TEST(text("site") == R"({"colour":"red"})");
}

BOOST_AUTO_TEST_CASE(an_override_makes_a_rejected_file_valid) {
  must(files_changed(
      {good("rules/admin/a.toml", R"({"rule":[{"name":"sum","check":"site.a <= site.b",
                    "message":"a is larger than b"}]})"),
       good(file, R"({"a":1,"b":2})")}));
  must(files_changed({good(file, R"({"a":3,"b":2})")}));
  BOOST_TEST((status(file) == source_status::quarantined));
  BOOST_TEST(row(file).why->message.find("a is larger") != std::string::npos);
  must(set({{"site.b", "10"}}));

  auto const done = must(files_changed({}));

  BOOST_TEST((status(file) == source_status::active));
  BOOST_TEST(show(done.changes) == "3: site.a=1->3;");
}

BOOST_AUTO_TEST_CASE(a_bad_schema_keeps_the_last_good_one) {
  must(files_changed({good(schema, port_schema)}));

  must(files_changed({good(schema, R"({"properties":{"port":{"type":"integre"}}})")}));

  BOOST_TEST((status(schema) == source_status::quarantined));
  BOOST_TEST(row(schema).is_effective);
  BOOST_TEST(row(schema).why->where.line != 0U);
  BOOST_TEST((refusal(set({{"site.port", "0"}})).code == errc::invalid));
  reopen();
  BOOST_TEST((refusal(set({{"site.port", "0"}})).code == errc::invalid));
}

BOOST_AUTO_TEST_CASE(an_admin_schema_hides_the_vendors) {
  must(files_changed({good("schemas/vendor/site.json", port_schema), good(file, R"({"port":1})")}));

  must(files_changed({good(schema, R"({"properties":{"port":{"maximum":10}}})")}));

  BOOST_TEST(text("site") == R"({"port":1})");
  BOOST_TEST((refusal(set({{"site.port", "11"}})).code == errc::invalid));
  must(set({{"site.anything", "0"}}));
}

BOOST_AUTO_TEST_CASE(schemas_refer_to_each_other_by_name) {
  must(files_changed(
      {good("schemas/vendor/_types.json", R"({"$defs":{"port":{"type":"integer"}}})"),
       good(schema, R"({"properties":{"port":{"$ref":"_types.json#/$defs/port"}}})")}));
  BOOST_TEST((status(schema) == source_status::active));
  BOOST_TEST((refusal(set({{"site.port", "\"x\""}})).code == errc::invalid));

  must(files_changed(
      {good("schemas/vendor/_types.json", R"({"$defs":{"port":{"type":"string"}}})")}));
  must(set({{"site.port", "\"x\""}}));
  must(files_changed({good("schemas/vendor/_types.json", R"({"$defs":{}})")}));
  BOOST_TEST((status("schemas/vendor/_types.json") == source_status::quarantined));
  BOOST_TEST((refusal(set({{"site.port", "1"}})).code == errc::invalid));
}

BOOST_AUTO_TEST_CASE(rules_see_all_of_a_change) {
  must(files_changed({good(rules_file, mode_rule), good(file, R"({"tls":{"on":false}})"),
                      good("admin/content.json", R"({"message":""})")}));
  BOOST_TEST((status(rules_file) == source_status::active));

  auto const why = refusal(set({{"site.tls.on", "true"}}));
  BOOST_TEST((why.code == errc::invalid));
  BOOST_TEST(listed(why.issues) == "mode /message; ");
  BOOST_TEST(why.issues.at(0).message == "a message is needed");
  BOOST_TEST(why.issues.at(0).path == "/admin/content.json");
  must(set({{"site.tls.on", "true"}, {"content.message", "\"back soon\""}}));
  auto const warned = must(set({{"content.message", "\"back after the holidays\""}}));
  BOOST_REQUIRE_EQUAL(warned.warnings.size(), 1U);
  BOOST_TEST(warned.warnings.at(0).rule == "short");
  BOOST_TEST((warned.changes.at(0)->warnings == warned.warnings));
  BOOST_TEST((refusal(unset({"content.message"})).code == errc::invalid));
}

BOOST_AUTO_TEST_CASE(a_new_rule_that_the_values_violate_is_retried) {
  must(files_changed(
      {good(file, R"({"tls":{"on":true}})"), good("admin/content.json", R"({"message":""})")}));

  must(files_changed({good(rules_file, mode_rule)}));

  BOOST_TEST((status(rules_file) == source_status::quarantined));
  must(files_changed({good("admin/content.json", R"({"message":"x"})")}));
  BOOST_TEST((status(rules_file) == source_status::active));
}

BOOST_AUTO_TEST_CASE(a_rule_about_a_missing_namespace_rejects_nothing) {
  auto const done =
      must(files_changed({good(rules_file, mode_rule), good(file, R"({"tls":{"on":true}})")}));

  BOOST_TEST((status(rules_file) == source_status::active));
  BOOST_TEST(!done.warnings.empty());
  BOOST_TEST(done.warnings.at(0).message.find("content") != std::string::npos);
  BOOST_TEST((status(file) == source_status::active));
}

BOOST_AUTO_TEST_CASE(secrets_are_not_in_the_shown_text) {
  must(files_changed({good(schema, port_schema)}));

  auto const done = must(set({{"site.password", "\"hunter2\""}}));

  BOOST_TEST(text("site").find("hunter2") != std::string::npos);
  BOOST_TEST(store->read("site").shown->find("hunter2") == std::string::npos);
  BOOST_TEST(done.changes.at(0)->keys.at(0).secret);
  auto const why = refusal(set({{"site.password", "5"}, {"site.port", "\"hunter3\""}}));
  for (auto const& one : why.issues)
    BOOST_TEST(one.message.find("hunter") == std::string::npos);
  reopen();
  BOOST_TEST(store->read("site").shown->find("hunter2") == std::string::npos);
  BOOST_TEST(store->explain(to_key("site.password")).secret);
  auto const open_up = must(files_changed({gone(schema)}));
  BOOST_TEST(open_up.needs_resync);
  BOOST_TEST(store->read("site").shown->find("hunter2") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(effective_values_and_documents_can_be_validated) {
  must(files_changed({good(schema, port_schema), good(rules_file, mode_rule),
                      good(file, R"({"port":2})"),
                      good("admin/content.json", R"({"message":"far too long"})")}));

  BOOST_TEST(listed(store->validate("site", nullptr).value()) == "");
  BOOST_TEST(listed(store->validate("content", nullptr).value()) == "short /message; ");
  auto const document = to_json(R"({"port":0,"tls":{"on":true}})").as_object();
  BOOST_TEST(listed(store->validate("site", &document).value()) == "minimum /port; ");
  BOOST_TEST((store->validate("none", nullptr).error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_namespace_that_nobody_set_is_not_validated) {
  must(files_changed(
      {good(schema, R"({"required":["name"],"properties":{"port":{"default":1}}})")}));
  BOOST_TEST((status(schema) == source_status::active));
  BOOST_TEST(text("site") == R"({"port":1})");

  BOOST_TEST((refusal(set({{"site.port", "2"}})).code == errc::invalid));
  must(set({{"site.port", "2"}, {"site.name", "\"n\""}}));
  BOOST_TEST((refusal(unset({"site.name"})).code == errc::invalid));
  must(unset({"site"}));
  BOOST_TEST(text("site") == R"({"port":1})");
}

BOOST_AUTO_TEST_CASE(a_file_that_was_too_large_is_retried) {
  store.reset();
  bounds.namespace_bytes = 40;
  store = open();
  must(files_changed({good(file, R"({"a":"aaaaaaaaaaaaaaaaaaaa"})")}));
  must(files_changed({good("vendor/site.json", R"({"b":"bbbbbbbbbbbbbbbbbbbb"})")}));
  BOOST_TEST((status("vendor/site.json") == source_status::quarantined));

  must(files_changed({good(file, R"({"a":"a"})")}));

  BOOST_TEST((status("vendor/site.json") == source_status::active));
}

BOOST_AUTO_TEST_CASE(a_rejected_edit_is_not_accepted_in_parts) {
  must(files_changed({good(schema, port_schema), good(file, R"({"port":1})"),
                      good("admin/other.json", R"({"a":1})")}));
  must(files_changed({good(file, R"({"port":"x"})"), good("admin/other.json", R"({"a":2})")},
                     grouping::all_or_none));

  must(set({{"third.x", "1"}}));
  BOOST_TEST(must(files_changed({})).changes.empty());
  reopen();
  BOOST_TEST(must(files_changed({})).changes.empty());
  BOOST_TEST(text("other") == R"({"a":1})");

  must(files_changed({good(file, R"({"port":2})")}));
  BOOST_TEST(text("other") == R"({"a":2})");
  BOOST_TEST((status("admin/other.json") == source_status::active));
}

BOOST_AUTO_TEST_CASE(an_edit_with_an_unreadable_file_is_retried_with_that_file) {
  must(files_changed({good(file, R"({"port":1})"), good("admin/other.json", R"({"a":1})")}));
  must(files_changed({refused(file, "{", "cut off"), good("admin/other.json", R"({"a":2})")},
                     grouping::all_or_none));

  BOOST_TEST(must(files_changed({})).changes.empty());
  must(files_changed({good(file, R"({"port":2})")}));
  BOOST_TEST(text("other") == R"({"a":2})");
  BOOST_TEST(text("site") == R"({"port":2})");
}

BOOST_AUTO_TEST_CASE(a_rejected_removal_is_retried) {
  constexpr auto needs_name = R"({"required":["name"]})";
  must(files_changed({good(schema, needs_name), good("vendor/site.json", R"({"port":1})"),
                      good(file, R"({"name":"n"})")}));
  must(files_changed({gone(file)}));
  BOOST_TEST((status(file) == source_status::missing));
  BOOST_TEST(text("site") == R"({"name":"n","port":1})");
  reopen();
  BOOST_TEST(store->has_retryable());

  must(files_changed({gone(schema)}));

  BOOST_TEST(text("site") == R"({"port":1})");
  BOOST_TEST(store->sources().size() == 1U);
  BOOST_TEST(!store->has_retryable());
}

BOOST_AUTO_TEST_CASE(old_changes_hide_keys_that_are_secret_now) {
  must(set({{"site.password", "\"hunter2\""}}));
  BOOST_TEST(!store->changes_after(0, 1 << 20).changes.at(0)->keys.at(0).secret);
  must(files_changed({good(schema, port_schema)}));
  BOOST_TEST(store->changes_after(0, 1 << 20).changes.at(0)->keys.at(0).secret);
}

BOOST_AUTO_TEST_CASE(many_rejected_files_do_not_block_one) {
  std::vector<source_update> updates;
  for (int number = 10; number < 60; ++number) {
    auto const name = "n" + std::to_string(number);
    updates.push_back(good("schemas/admin/" + name + ".json", R"({"properties":{"a":false}})"));
    updates.push_back(good("admin/" + name + ".json", R"({"a":1})"));
  }
  must(files_changed(std::move(updates)));
  BOOST_TEST((status("admin/n59.json") == source_status::quarantined));

  must(files_changed({good("schemas/admin/n59.json", "{}")}));

  BOOST_TEST(text("n59") == R"({"a":1})");
}

BOOST_AUTO_TEST_SUITE_END()
