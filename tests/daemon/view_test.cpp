#include "daemon/view.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <string>

// What is kept from those who may not see secrets.

namespace {

using cfgd::view;

std::shared_ptr<std::string const> text(char const* json) {
  return json == nullptr ? nullptr : std::make_shared<std::string const>(json);
}

/// The effective value of `app`; without `shown` it has no secrets.
cfgd::engine::effective app(cfgd::revision_number revision, char const* whole,
                            char const* shown = nullptr) {
  auto const all = text(whole);
  return {.name_space = "app",
          .revision = revision,
          .text = all,
          .shown = shown == nullptr ? all : text(shown)};
}

cfgd::engine::committed_change news(cfgd::engine::effective one) {
  auto const revision = one.revision;
  return {.revision = revision, .effectives = {std::move(one)}};
}

cfgd::key key_of(char const* name) { return cfgd::key::parse(name).value(); }

struct fixture {
  view subject{1024 * 1024};

  fixture() { subject.publish(news(app(1, R"({"a":1,"p":"x"})", R"({"a":1})"))); }
  std::string cached(char const* key) { return std::string(subject.cache().find(key).member); }
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(view)

BOOST_FIXTURE_TEST_CASE(the_cache_has_no_secrets, fixture) {
  BOOST_TEST(cached("app.a") == R"("app.a":1)");
  BOOST_TEST(cached("app.p") == "");
  BOOST_TEST(cached("app") == R"("app":{"a":1})");
}

BOOST_FIXTURE_TEST_CASE(secrets_lie_beside_it, fixture) {
  BOOST_TEST(subject.has_secrets());
  BOOST_TEST(*subject.secrets_of("app")->whole == R"({"a":1,"p":"x"})");
  BOOST_TEST(subject.is_secret(key_of("app.p")));
  BOOST_TEST(!subject.is_secret(key_of("app.a")));
  BOOST_TEST(!subject.is_secret(key_of("app.none")));
  BOOST_TEST(subject.secrets_of("other") == nullptr);
}

BOOST_FIXTURE_TEST_CASE(secrets_are_revealed_where_that_is_allowed, fixture) {
  ::view::texts const shown{{"app", text(R"({"a":1})")}, {"b", text("{}")}};

  auto const refused = subject.reveal(shown, [](std::string_view) { return false; });
  auto const allowed = subject.reveal(shown, [](std::string_view name) { return name == "app"; });

  BOOST_TEST(*refused.at("app") == R"({"a":1})");
  BOOST_TEST(*allowed.at("app") == R"({"a":1,"p":"x"})");
  BOOST_TEST(*allowed.at("b") == "{}");
}

BOOST_FIXTURE_TEST_CASE(a_namespace_may_lose_its_secrets, fixture) {
  subject.publish(news(app(2, R"({"a":2})")));
  BOOST_TEST(!subject.has_secrets());
  BOOST_TEST(cached("app.a") == R"("app.a":2)");

  subject.publish(news(app(3, R"({"a":2,"p":"y"})", R"({"a":2})")));
  BOOST_TEST(subject.has_secrets());

  subject.publish(news(app(4, nullptr)));
  BOOST_TEST(!subject.has_secrets());
}

BOOST_FIXTURE_TEST_CASE(overrides_of_all_namespaces_are_added_up, fixture) {
  auto const time = [](int seconds) { return cfgd::wall_time(std::chrono::seconds(seconds)); };
  subject.publish({.overrides = {{"a", 3, 2, time(20)}, {"b", 1, 1, time(10)}, {"c", 4, 0, {}}}});

  auto const all = subject.overrides();
  BOOST_TEST(all.overrides == 8U);
  BOOST_TEST(all.hidden == 3U);
  BOOST_TEST((all.since == time(10)));

  subject.publish({.overrides = {{"b", 0, 0, {}}}});
  BOOST_TEST(subject.overrides().hidden == 2U);
  BOOST_TEST((subject.overrides().since == time(20)));
}

BOOST_FIXTURE_TEST_CASE(sources_that_were_never_valid_have_no_effective_content, fixture) {
  cfgd::engine::source_transition bad;
  bad.now.id = {.where = cfgd::layer::admin, .relative = "bad.yaml"};
  bad.now.status = cfgd::engine::source_status::quarantined;
  auto broken = bad;
  broken.now.id.relative = "broken.yaml";
  broken.now.is_effective = true;

  subject.publish({.revision = 2, .transitions = {bad, broken}});

  BOOST_TEST(!subject.has_effective_content(bad.now.id));
  BOOST_TEST(subject.has_effective_content(broken.now.id));
  BOOST_TEST(subject.has_effective_content({.where = cfgd::layer::admin, .relative = "good.yaml"}));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
