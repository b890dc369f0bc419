#include "daemon/access.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>

// What somebody sees from whom the namespace "vault" is hidden.

namespace {

using namespace cfgd;

struct fixture {
  fixture() {
    auto made = std::make_shared<engine::access_rules>();
    made->entries.push_back({.allow = false,
                             .operations = {engine::operation::read},
                             .subjects = {engine::subject{}},
                             .namespaces = {"vault"},
                             .keys = {},
                             .path = "/etc/cfgd/access/10.toml",
                             .line = 1});
    policy.use(made, {});
  }
  access_policy policy{"no-such-group"};
  visible_namespaces const seen{policy, {.uid = 1001, .gid = 1001, .pid = 1, .groups = {}}};
  visible_namespaces const whole{policy, {.uid = 0, .gid = 0, .pid = 1, .groups = {}}};
};

std::shared_ptr<change const> change_of(std::vector<key_change> keys) {
  auto made = std::make_shared<change>();
  made->revision = 7;
  made->from.path = "/etc/cfgd/namespaces/vault.yaml";
  made->files.resize(1);
  made->files.front().path = "/etc/cfgd/namespaces/site.yaml";
  made->keys = std::move(keys);
  return made;
}

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(visible)

BOOST_FIXTURE_TEST_CASE(a_hidden_name_becomes_one_that_does_not_exist, fixture) {
  BOOST_TEST(seen.or_absent("site") == "site");
  auto const absent = seen.or_absent("vault");
  BOOST_TEST(absent != "vault");
  BOOST_TEST(is_namespace_name(absent));
  BOOST_TEST(whole.or_absent("vault") == "vault");
  BOOST_TEST(seen.in_visible(key::parse("vault.a.b").value()).str() == absent + ".a.b");
  auto const path = seen.in_visible(parse_value_path("vault.a[0].b").value());
  BOOST_TEST(path.str() == absent + ".a[0].b");
}

BOOST_FIXTURE_TEST_CASE(an_error_names_what_was_asked_for, fixture) {
  error const why{.code = errc::not_found, .message = "no", .subject = seen.or_absent("vault")};

  BOOST_TEST(naming(why, "vault").subject == "vault");
  BOOST_TEST(naming({.code = errc::not_found, .subject = "site"}, "other").subject == "site");
}

BOOST_FIXTURE_TEST_CASE(a_change_loses_its_hidden_keys, fixture) {
  auto const mixed = change_of({{.key = "site.a", .before = "", .after = "1", .file = 1, .at = {}},
                                {.key = "vault.b", .before = "", .after = "2", .at = {}}});

  auto const part = seen.part_of(mixed);
  BOOST_REQUIRE(part != nullptr);
  BOOST_REQUIRE(part->keys.size() == 1U);
  BOOST_TEST(part->keys.front().key == "site.a");
  BOOST_TEST(part->from.path == "/etc/cfgd/namespaces/site.yaml");
  BOOST_TEST(whole.part_of(mixed) == mixed);
}

BOOST_FIXTURE_TEST_CASE(a_change_of_hidden_keys_alone_is_none, fixture) {
  BOOST_TEST(seen.part_of(change_of({{.key = "vault.b", .before = "", .after = "2", .at = {}}})) ==
             nullptr);
}

BOOST_FIXTURE_TEST_CASE(issues_about_hidden_namespaces_keep_their_severity_only, fixture) {
  issue const open{.rule = "minimum", .key = "site.port", .message = "too small"};
  issue const hidden{.rule = "pair", .key = "vault.port", .message = "differs", .path = "/x"};

  auto const shown = seen.part_of(std::vector<issue>{open, hidden});
  BOOST_TEST((shown.front() == open));
  BOOST_TEST((shown.back().how == hidden.how));
  BOOST_TEST(shown.back().key.empty());
  BOOST_TEST(shown.back().path.empty());
  BOOST_TEST(shown.back().message.find("differs") == std::string::npos);
  BOOST_TEST((whole.part_of(std::vector<issue>{hidden}).front() == hidden));
}

BOOST_FIXTURE_TEST_CASE(a_pending_change_has_its_visible_keys, fixture) {
  engine::pending_change one{.revision = 3, .keys = {"site.a", "vault.b"}};
  engine::pending_change other{.revision = 4, .keys = {"vault.b"}};

  auto const shown = seen.part_of(std::vector<engine::pending_change>{one, other});
  BOOST_REQUIRE(shown.size() == 1U);
  BOOST_TEST(shown.front().keys == std::vector<std::string>{"site.a"});
}

BOOST_FIXTURE_TEST_CASE(files_of_no_namespace_are_for_those_who_see_all, fixture) {
  source_id const rule{.where = layer::admin, .relative = "site.toml", .what = source_kind::rules};
  source_id const vault{.where = layer::admin, .relative = "vault.yaml"};
  source_id const site{.where = layer::admin, .relative = "site.yaml"};

  BOOST_TEST(!seen.has_file(rule));
  BOOST_TEST(!seen.has_file(vault));
  BOOST_TEST(seen.has_file(site));
  BOOST_TEST(whole.has_file(rule));
  BOOST_TEST(!seen.everything());
  BOOST_TEST(whole.everything());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
