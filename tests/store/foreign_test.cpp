#include "engine/plan.hpp"
#include "store/key_place.hpp"
#include "store/layout.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/foreign_writer.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <ostream>

// Another process writes to the store as docs/store-format.md says.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

struct fixture : store_fixture {
  /// Runs `work` in another process with the store's environment, and checks that it returns 0.
  void run_elsewhere(std::function<int(lmdb::environment&)> const& work,
                     std::size_t map_bytes = 64 << 20) {
    auto const data = store->data_file().parent_path();
    child_process other([&](int) {
      lmdb::environment env(data, {.map_bytes = map_bytes, .databases = 8});
      return work(env);
    });
    BOOST_REQUIRE_EQUAL(other.wait(), 0);
  }
  /// Two revisions in one transaction of another process, behind `revision`.
  void write_elsewhere(std::uint64_t revision, std::string const& before) {
    auto const file = store->data_file().parent_path();
    foreign_writer::elsewhere([&] { foreign_writer::write_two_revisions(file, revision, before); });
  }
  enum class change_records { kept, forgotten };
  /// One transaction of another process that plans as this one does, but may forget the changes.
  void commit_elsewhere(std::vector<request> const& requests,
                        change_records changes = change_records::kept) {
    auto const keys = keys_beside(store->data_file().parent_path().parent_path()).value();
    run_elsewhere([&](lmdb::environment& env) {
      lmdb::write_transaction in(env);
      layout const records(in, keys);
      auto const base = records.load(in);
      validator policy_validator(bounds);
      plan planned(
          base, policy_validator, bounds, at(),
          [](revision_number, std::string const&) -> result<std::map<std::string, std::string>> {
            return error{};
          });
      for (auto const& one : requests)
        if (!planned.apply(one)) return 1;
      auto writes = planned.writes();
      if (changes == change_records::forgotten) writes.changes.clear();
      records.write(in, writes);
      in.commit();
      return 0;
    });
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
  BOOST_TEST(!seen[0].needs_resync);
  BOOST_TEST(!seen[1].needs_resync);
  BOOST_TEST(show(seen[1].changes) == "3: site.a=\"one\"->\"two\";");
  BOOST_TEST(seen[1].changes.front()->from.uid.value() == 77U);
  BOOST_REQUIRE_EQUAL(seen[1].effectives.size(), 1U);
  BOOST_TEST(*seen[1].effectives[0].text == R"({"a":"two"})");
  BOOST_TEST(store->revision() == 3U);
  BOOST_TEST(store->refresh().empty());
  BOOST_TEST(store->explain(to_key("site.a")).layer_values.at(0).from.unit == "offline");
}

BOOST_AUTO_TEST_CASE(a_commit_continues_from_a_foreign_revision) {
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

BOOST_AUTO_TEST_CASE(a_namespace_that_another_process_removed_is_reported) {
  must(set({{"site.a", "1"}}));
  run_elsewhere([&](lmdb::environment& env) {
    lmdb::write_transaction in(env);
    in.erase(in.open("effective", lmdb::transaction::if_absent::fail), "site");
    in.erase(in.open("overrides", lmdb::transaction::if_absent::fail), "site/a");
    in.commit();
    return 0;
  });

  auto const seen = store->refresh();

  BOOST_REQUIRE_EQUAL(seen.size(), 1U);
  BOOST_TEST(seen[0].changes.empty());
  BOOST_TEST(seen[0].needs_resync);
  BOOST_REQUIRE_EQUAL(seen[0].effectives.size(), 1U);
  BOOST_TEST((seen[0].effectives[0].text == nullptr));
  BOOST_TEST(text("site") == "(none)");
}

BOOST_AUTO_TEST_CASE(sources_that_another_process_rejected_or_removed_are_reported) {
  must(
      files_changed({good("admin/site.json", R"({"a":1})"), good("admin/gone.json", R"({"a":1})"),
                     refused("admin/mended.json", "{", "cut off"), good("admin/same.json", "{}")}));

  commit_elsewhere(
      {files_changed({refused("admin/site.json", "{", "cut off"), gone("admin/gone.json"),
                      good("admin/mended.json", "{}"), good("admin/fresh.json", "{}"),
                      touched("admin/same.json"), refused("admin/new.json", "[", "no object")}),
       set({{"site.b", "2"}})});
  auto const seen = store->refresh();

  BOOST_REQUIRE_EQUAL(seen.size(), 2U);
  BOOST_TEST(seen[0].transitions.empty());
  std::string transitions;
  for (auto const& one : seen[1].transitions)
    transitions += std::string(one.was_known ? to_string(one.before) : "unknown") + ' ' +
                   to_string(one.now.id) + ' ' +
                   std::string(one.gone ? "gone" : to_string(one.now.status)) + "; ";
  BOOST_TEST(transitions == "quarantined admin/mended.json active; "
                            "unknown admin/new.json quarantined; "
                            "active admin/site.json quarantined; "
                            "active admin/gone.json gone; ");
  BOOST_TEST(!seen[1].needs_resync);
  BOOST_TEST(store->refresh().empty());
}

BOOST_AUTO_TEST_CASE(a_source_may_change_its_state_and_nothing_else) {
  must(files_changed({good("admin/site.json", R"({"a":1})")}));

  commit_elsewhere({files_changed({refused("admin/site.json", "{", "cut off")})});
  auto const seen = store->refresh();

  BOOST_REQUIRE_EQUAL(seen.size(), 1U);
  BOOST_TEST(seen[0].revision == 1U);
  BOOST_TEST(seen[0].effectives.empty());
  BOOST_TEST(seen[0].transitions.size() == 1U);
  BOOST_TEST(!seen[0].needs_resync);
}

BOOST_AUTO_TEST_CASE(values_without_a_change_record_are_marked) {
  must(set({{"site.a", "1"}}));

  commit_elsewhere({set({{"site.a", "2"}})}, change_records::forgotten);
  auto const alone = store->refresh();
  BOOST_REQUIRE_EQUAL(alone.size(), 1U);
  BOOST_TEST(alone[0].needs_resync);
  BOOST_TEST(alone[0].effectives.size() == 1U);
  BOOST_TEST(text("site") == R"({"a":2})");

  commit_elsewhere({set({{"other.a", "2"}})}, change_records::forgotten);
  commit_elsewhere({set({{"site.a", "3"}})});
  auto const beside = store->refresh();
  BOOST_REQUIRE_EQUAL(beside.size(), 1U);
  BOOST_TEST(beside[0].needs_resync);
  BOOST_TEST(beside[0].effectives.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_namespace_without_keys_needs_no_change_record) {
  must(set({{"site.a", "1"}}));

  commit_elsewhere({files_changed({good("admin/empty.json", "{}")}), set({{"site.a", "2"}})});
  auto const seen = store->refresh();

  BOOST_REQUIRE_EQUAL(seen.size(), 1U);
  BOOST_TEST(!seen[0].needs_resync);
  BOOST_TEST(seen[0].effectives.size() == 2U);
}

BOOST_AUTO_TEST_CASE(foreign_changes_erased_before_they_were_read_are_marked) {
  must(set({{"site.a", "1"}}));
  commit_elsewhere({set({{"site.a", "2"}}), set({{"site.a", "1"}})});
  run_elsewhere([&](lmdb::environment& env) {
    lmdb::write_transaction in(env);
    layout(in).trim(in, {.revisions = 0, .since = wall_time::max(), .erased = 9});
    in.commit();
    return 0;
  });

  auto const seen = store->refresh();

  BOOST_REQUIRE_EQUAL(seen.size(), 1U);
  BOOST_TEST(seen[0].revision == 3U);
  BOOST_TEST(seen[0].effectives.size() == 0U);
  BOOST_TEST(seen[0].needs_resync);
}

BOOST_AUTO_TEST_CASE(a_map_that_another_process_grew_is_taken_over) {
  must(set({{"site.a", "1"}}));
  run_elsewhere(
      [&](lmdb::environment& env) {
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
      },
      256 << 20);

  BOOST_TEST(store->refresh().empty());
  BOOST_TEST(must(set({{"site.a", "2"}})).revision == 2U);
}

BOOST_AUTO_TEST_CASE(slots_of_dead_readers_are_freed) {
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
