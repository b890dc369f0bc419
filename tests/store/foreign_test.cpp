#include "tests/support/child_process.hpp"
#include "tests/support/foreign_writer.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <ostream>

// Another process writes to the store as docs/store-format.md says.

namespace {

using namespace cfgd;
using namespace cfgd::store;
using namespace cfgd::test;

struct fixture : store_fixture {
  /// Two revisions in one transaction of another process, behind `revision`.
  void write_elsewhere(std::uint64_t revision, std::string const& before) {
    auto const file = store->data_file().parent_path();
    child_process writer([&](int) {
      foreign_writer::write_two_revisions(file, revision, before);
      return 0;
    });
    BOOST_REQUIRE_EQUAL(writer.wait(), 0);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(foreign, fixture)

BOOST_AUTO_TEST_CASE(a_commit_of_another_process_is_seen_by_refresh) {
  must(set({{"site.a", "1"}}));
  BOOST_TEST(store->refresh().empty());

  write_elsewhere(1, "1");
  auto const seen = store->refresh();

  BOOST_REQUIRE_EQUAL(seen.size(), 2U);
  BOOST_TEST(seen[0].revision == 2U);
  BOOST_TEST(show(seen[0].changes) == "2: site.a=1->\"one\";");
  BOOST_TEST(seen[0].effectives.empty());
  BOOST_TEST(show(seen[1].changes) == "3: site.a=\"one\"->\"two\";");
  BOOST_TEST(seen[1].changes.front()->from.uid.value() == 77U);
  BOOST_REQUIRE_EQUAL(seen[1].effectives.size(), 1U);
  BOOST_TEST(*seen[1].effectives[0].text == R"({"a":"two"})");
  BOOST_TEST(store->revision() == 3U);
  BOOST_TEST(store->refresh().empty());
  BOOST_TEST(store->explain(to_key("site.a")).candidates.at(0).from.unit == "offline");
}

BOOST_AUTO_TEST_CASE(a_commit_goes_on_where_another_process_ended) {
  must(set({{"site.a", "1"}}));
  write_elsewhere(1, "1");

  auto const done = must(set({{"site.b", "2"}}));
  auto const seen = store->take_foreign();

  BOOST_TEST(show(done.changes) == "4: site.b=->2;");
  BOOST_TEST(text("site") == R"({"a":"two","b":2})");
  BOOST_REQUIRE_EQUAL(seen.size(), 2U);
  BOOST_TEST(seen[1].revision == 3U);
  BOOST_TEST(store->refresh().empty());
  reopen();
  BOOST_TEST(text("site") == R"({"a":"two","b":2})");
}

BOOST_AUTO_TEST_CASE(if_revision_counts_what_others_committed) {
  must(set({{"site.a", "1"}}));
  write_elsewhere(1, "1");
  auto request = set({{"site.a", "5"}});
  request.if_revision = 1;
  BOOST_TEST((refusal(request).code == errc::conflict));
  BOOST_TEST(store->refresh().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_namespace_that_another_process_took_away_is_told) {
  must(set({{"site.a", "1"}}));
  auto const file = store->data_file().parent_path();
  child_process writer([&](int) {
    lmdb::environment env(file, {.map_bytes = 64 << 20, .databases = 8});
    lmdb::write_transaction in(env);
    in.erase(in.open("effective", lmdb::transaction::if_absent::fail), "site");
    in.erase(in.open("overrides", lmdb::transaction::if_absent::fail), "site");
    in.commit();
    return 0;
  });
  BOOST_REQUIRE_EQUAL(writer.wait(), 0);

  auto const seen = store->refresh();

  BOOST_REQUIRE_EQUAL(seen.size(), 1U);
  BOOST_TEST(seen[0].changes.empty());
  BOOST_REQUIRE_EQUAL(seen[0].effectives.size(), 1U);
  BOOST_TEST((seen[0].effectives[0].text == nullptr));
  BOOST_TEST(text("site") == "(none)");
}

BOOST_AUTO_TEST_CASE(a_map_that_another_process_grew_is_taken_over) {
  must(set({{"site.a", "1"}}));
  auto const file = store->data_file().parent_path();
  child_process writer([&](int) {
    lmdb::environment env(file, {.map_bytes = 256 << 20, .databases = 8});
    lmdb::write_transaction in(env);
    auto const changes = in.open("changes", lmdb::transaction::if_absent::fail);
    record_writer record;
    record.rest(std::string(40 << 20, 'x'));
    in.put(changes, "\xff\xff\xff\xff\xff\xff\xff\xff", record.finish("large"));
    in.commit();
    lmdb::write_transaction out(env);
    out.erase(changes, "\xff\xff\xff\xff\xff\xff\xff\xff");
    out.commit();
    return 0;
  });
  BOOST_REQUIRE_EQUAL(writer.wait(), 0);

  BOOST_TEST(store->refresh().empty());
  BOOST_TEST(must(set({{"site.a", "2"}})).revision == 2U);
}

BOOST_AUTO_TEST_CASE(what_a_dead_reader_holds_back_is_freed) {
  must(set({{"site.a", "1"}}));
  auto const file = store->data_file().parent_path();
  child_process reader([&](int) {
    auto* const env = new lmdb::environment(file, {.map_bytes = 64 << 20, .databases = 8});
    new lmdb::read_transaction(*env);
    return 0;
  });
  BOOST_REQUIRE_EQUAL(reader.wait(), 0);

  BOOST_TEST(store->check_readers() == 1U);
  BOOST_TEST(store->check_readers() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
