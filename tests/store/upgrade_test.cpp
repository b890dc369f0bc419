#include "store/layout.hpp"
#include "store/layout_keys.hpp"
#include "tests/support/first_format.hpp"
#include "tests/support/second_format.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>

// Stores of older formats become stores of the newest one when they are opened.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

struct fixture {
  temporary_directory directory;
  limits bounds;

  std::unique_ptr<config_store> open() {
    return config_store::open(directory / "state", bounds).value();
  }
  std::string meta(std::string const& key) {
    lmdb::environment env(directory / "state/data", {.map_bytes = 64 << 20, .databases = 8});
    lmdb::read_transaction view(env);
    return layout_keys::get_meta(view, view.open("meta", lmdb::transaction::if_absent::fail), key)
        .value_or("(none)");
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(upgrade, fixture)

BOOST_AUTO_TEST_CASE(an_upgrade_keeps_everything) {
  {
    first_format_store old(directory / "state");
    old.add_revision(1, "", "\"one\"");
    old.add_revision(2, "\"one\"", "\"two\"");
    old.add_quarantined_source();
  }
  for (int time = 0; time < 2; ++time) {
    auto const opened = open();

    BOOST_TEST(show(opened->changes_after(0, 1 << 20).changes) ==
               "1: site.a=->\"one\"; 2: site.a=\"one\"->\"two\";");
    BOOST_TEST(opened->changes_after(0, 1 << 20).changes.front()->comment == "by hand");
    BOOST_TEST(opened->log({}, 1 << 20).changes.size() == 2U);
    BOOST_TEST(*opened->read("site").text == R"({"a":"two"})");
    auto const sources = opened->sources();
    BOOST_REQUIRE_EQUAL(sources.size(), 1U);
    auto const& row = sources.front();
    BOOST_TEST(to_string(row.id) == "admin/site.json");
    BOOST_TEST((row.status == source_status::quarantined));
    BOOST_TEST(row.identity.inode == 2U);
    BOOST_TEST(row.identity.changed_ns == 5);
    BOOST_TEST(row.why.value().message == "a comma is missing");
    BOOST_TEST(row.why.value().where.line == 4U);
    BOOST_TEST(row.why.value().issues.empty());
    BOOST_TEST(*opened->refused_content(row.id) == "{ broken");
    auto const why = opened->explain(to_key("site.f"));
    BOOST_REQUIRE_EQUAL(why.layer_values.size(), 1U);
    BOOST_TEST(why.layer_values.front().from.at.line == 2U);
    BOOST_TEST(why.layer_values.front().from.at.column == 3U);
    BOOST_TEST(opened->pending().empty());
  }
  BOOST_TEST(meta("format") == "4");
  BOOST_TEST(meta("needs") == std::string(layout::first_version));
  BOOST_TEST(meta("store_id") == "0123456789abcdef0123456789abcdef");
}

BOOST_AUTO_TEST_CASE(an_upgraded_store_accepts_changes) {
  first_format_store(directory / "state").add_revision(1, "", "1");
  auto opened = open();
  request asked = set({{"site.a", "2"}});
  std::get<set_request>(asked).ends = expiry{.after = std::chrono::seconds(60)};
  BOOST_REQUIRE(opened->commit({&asked, 1}, at()).front().has_value());
  opened.reset();
  opened = open();
  BOOST_TEST(show(opened->changes_after(0, 1 << 20).changes) == "1: site.a=->1; 2: site.a=1->2;");
  BOOST_TEST(opened->pending().size() == 1U);
  request const back = rollback_request{.revision = 1};
  BOOST_REQUIRE(opened->commit({&back, 1}, at()).front().has_value());
  BOOST_TEST(*opened->read("site").text == R"({"a":1})");
}

BOOST_AUTO_TEST_CASE(a_store_of_the_second_format_gets_an_index_of_its_history) {
  {
    auto const made = open();
    for (auto const* const name : {"site.a", "site.b", "site.a"}) {
      request const asked = set({{name, std::to_string(made->revision())}});
      BOOST_REQUIRE(made->commit({&asked, 1}, at()).front().has_value());
    }
  }
  second_format_store::go_back(directory / "state/data");
  BOOST_TEST(meta("format") == "2");

  auto const opened = open();

  auto const found = opened->log({.prefix = to_key("site.a"), .scan_bytes = 1 << 20}, 1 << 20);
  BOOST_TEST(show(found.changes) == "3: site.a=0->2; 1: site.a=->0;");
  BOOST_TEST(opened->log({.prefix = to_key("site.c"), .scan_bytes = 0}, 1 << 20).changes.empty());
  BOOST_TEST(*opened->read("site").text == R"({"a":2,"b":1})");
  BOOST_TEST(meta("format") == "4");
  BOOST_TEST(meta("indexed") == "3");
}

BOOST_AUTO_TEST_CASE(an_empty_store_is_upgraded) {
  { first_format_store const old(directory / "state"); }
  BOOST_TEST(open()->revision() == 0U);
  BOOST_TEST(meta("format") == "4");
}

BOOST_AUTO_TEST_CASE(a_full_store_is_upgraded_and_stays_usable) {
  auto const large = [](std::uint64_t revision) {
    return '"' + std::string(10'000, static_cast<char>('a' + revision % 26)) + '"';
  };
  {
    first_format_store old(directory / "state");
    std::string before;
    for (std::uint64_t revision = 1; revision <= 300; ++revision) {
      old.add_revision(revision, before, large(revision));
      before = large(revision);
    }
  }
  bounds.store_bytes = 7 * 1024 * 1024;
  bounds.history_revisions = 100;
  auto opened = open();

  BOOST_TEST(opened->changes_after(0, 1 << 30).changes.size() == 300U);
  for (int value = 0; value < 20; ++value) {
    request const asked = set({{"site.a", std::to_string(value)}});
    auto const decision = opened->commit({&asked, 1}, at());
    BOOST_TEST_INFO((decision.front() ? std::string() : to_string(decision.front().error())));
    BOOST_TEST(decision.front().has_value());
  }
  BOOST_TEST(*opened->read("site").text == R"({"a":19})");
}

BOOST_AUTO_TEST_CASE(a_damaged_store_is_not_changed) {
  {
    first_format_store(directory / "state").add_revision(1, "", "1");
    lmdb::environment env(directory / "state/data", {.map_bytes = 64 << 20, .databases = 8});
    lmdb::write_transaction in(env);
    in.put(in.open("sources", lmdb::transaction::if_absent::fail), "admin/site.json", "rubbish");
    in.commit();
  }
  auto const refused = config_store::open(directory / "state", bounds);
  BOOST_REQUIRE(refused.has_error());
  BOOST_TEST((refused.error().code == errc::invalid));
  BOOST_TEST(meta("format") == "1");
}

BOOST_AUTO_TEST_SUITE_END()
