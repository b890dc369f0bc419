#include "store/key_index.hpp"
#include "store/layout.hpp"
#include "store/layout_keys.hpp"
#include "store/mending.hpp"
#include "tests/support/foreign_writer.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <ostream>

// Questions about a key read the changes that touch it, and no others.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

constexpr std::size_t much = 1 << 20;
constexpr int fillers = 257;

struct fixture : store_fixture {
  /// "3 2 1"
  std::string log(std::string const& prefix, std::size_t scan_bytes = much) {
    auto const page =
        store->log({.prefix = to_key(prefix), .limit = 1'000, .scan_bytes = scan_bytes}, much);
    std::string out;
    for (auto const& one : page.changes)
      out += (out.empty() ? "" : " ") + std::to_string(one->revision);
    return out + (page.more ? " ..." : "");
  }
  /// So many changes that all get their entries: two for each of these.
  void index_all() {
    std::vector<request> group;
    group.reserve(fillers);
    for (int value = 0; value < fillers; ++value)
      group.emplace_back(set({{"filler.x", std::to_string(value)}}));
    for (auto const& one : store->commit(group, at()))
      BOOST_REQUIRE(one.has_value());
  }
  /// Records of a database, of the store on disk.
  std::size_t count(char const* name) {
    store.reset();
    std::size_t records = 0;
    {
      lmdb::environment env(directory / "state/data", {.map_bytes = 64 << 20, .databases = 8});
      lmdb::read_transaction view(env);
      lmdb::cursor at(view, view.open(name, lmdb::transaction::if_absent::fail));
      for (auto entry = at.first(); entry; entry = at.next())
        ++records;
    }
    store = open();
    return records;
  }
  void put(char const* name, std::string const& key, std::string const& value) {
    store.reset();
    {
      lmdb::environment env(directory / "state/data", {.map_bytes = 64 << 20, .databases = 8});
      lmdb::write_transaction in(env);
      in.put(in.open(name, lmdb::transaction::if_absent::fail), key, value);
      in.commit();
    }
    store = open();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(key_index, fixture)

BOOST_AUTO_TEST_CASE(changes_of_a_key_and_of_keys_below_it_are_found_newest_first) {
  must(set({{"site.a.b", "1"}}));
  must(set({{"site.ab", "1"}}));
  must(set({{"site.a.c", "1"}}));
  must(set({{"other.a.b", "1"}}));
  must(set({{"site.a.b", "2"}, {"site.ab", "2"}}));

  BOOST_TEST(log("site.a") == "5 3 1");
  BOOST_TEST(log("site.a.b") == "5 1");
  BOOST_TEST(log("site.ab") == "5 2");
  BOOST_TEST(log("site") == "5 3 2 1");
  BOOST_TEST(log("other") == "4");
  BOOST_TEST(log("site.b") == "");
}

BOOST_AUTO_TEST_CASE(parts_with_dots_and_quotes_are_not_taken_apart) {
  must(set({{R"(site."a.b".c)", "1"}}));
  must(set({{R"(site."x\"y.z")", "1"}}));

  BOOST_TEST(log(R"(site."a.b")") == "1");
  BOOST_TEST(log("site.a") == "");
  BOOST_TEST(log(R"(site."x\"y.z")") == "2");
}

BOOST_AUTO_TEST_CASE(a_missing_key_is_answered_without_reading_other_changes) {
  for (int value = 0; value < 50; ++value)
    must(set({{"site.a", std::to_string(value)}}));

  // A page that reads anything would end at this size.
  BOOST_TEST(log("site.b", 0) == "");
  BOOST_TEST(log("none", 0) == "");
}

BOOST_AUTO_TEST_CASE(a_change_with_very_many_keys_is_found_by_each_of_them) {
  must(set({{"site.a", "1"}}));
  std::string members;
  for (int member = 0; member < 1'500; ++member)
    members += (members.empty() ? "\"k" : ",\"k") + std::to_string(member) + "\":1";
  must(set({{"site.many", "{" + members + "}"}}));
  must(set({{"site.many.k7", "2"}}));
  index_all();

  BOOST_TEST(log("site.many.k7") == "3 2");
  BOOST_TEST(log("site.many.k1499") == "2");
  BOOST_TEST(log("site.a") == "1");
  BOOST_TEST(count("keys") < 20U + 2 * fillers);
}

BOOST_AUTO_TEST_CASE(entries_go_with_their_changes) {
  for (int value = 0; value < 20; ++value)
    must(set({{"site.a.b", std::to_string(value)}}));
  BOOST_TEST(count("keys") == 0U, "the newest have none");
  BOOST_TEST(log("site.a", 100'000).starts_with("20 19 18 17"));
  index_all();
  BOOST_TEST(count("keys") == 60U + 2 * fillers);

  store->compact(3 + fillers);

  BOOST_TEST(count("keys") == 9U + 2 * fillers);
  BOOST_TEST(log("site.a") == "20 19 18");
  store->compact(0);
  BOOST_TEST(count("keys") == 0U);
  BOOST_TEST(log("site.a") == "");
}

BOOST_AUTO_TEST_CASE(changes_that_another_program_did_not_index_are_found) {
  must(set({{"site.a", "0"}}));
  store.reset();
  foreign_writer::write_two_revisions(directory / "state/data", 1, "0");
  store = open();

  BOOST_TEST(log("site.a") == "3 2 1");
  must(set({{"site.b", "1"}}));
  BOOST_TEST(log("site.a") == "3 2 1");
  BOOST_TEST(log("site.b") == "4");
  index_all();
  BOOST_TEST(log("site.a") == "3 2 1");
  BOOST_TEST(count("keys") == 8U + 2 * fillers);
}

BOOST_AUTO_TEST_CASE(the_changes_without_entries_are_few_and_small) {
  std::size_t longest = 0;
  for (int value = 0; value < 600; ++value) {
    must(set({{"site.a", std::to_string(value)}}));
    if (value % 50 == 0)
      longest = std::max(longest, static_cast<std::size_t>(value) + 1 - count("keys") / 2);
  }
  BOOST_TEST(longest > 50U);
  BOOST_TEST(longest <= 256U);

  auto const before = count("keys");
  must(set({{"site.b", '"' + std::string(70'000, 'x') + '"'}}));
  BOOST_TEST(count("keys") > before, "a large one takes the others with it");
  BOOST_TEST(count("keys") == 2U * 601);
}

BOOST_AUTO_TEST_CASE(entries_that_were_lost_are_found_and_made_again) {
  for (int value = 0; value < 5; ++value)
    must(set({{"site.a", std::to_string(value)}}));
  index_all();
  auto const before = count("keys");
  BOOST_TEST(store->mend_index(0, much).empty());
  std::string lost;
  std::string damaged;
  store.reset();
  {
    lmdb::environment env(directory / "state/data", {.map_bytes = 64 << 20, .databases = 8});
    lmdb::write_transaction in(env);
    auto const keys = in.open("keys", lmdb::transaction::if_absent::fail);
    {
      lmdb::cursor at(in, keys);
      for (auto entry = at.first(); entry; entry = at.next()) {
        if (entry->key.ends_with(layout_keys::encode_revision(2))) lost = entry->key;
        if (entry->key.ends_with(layout_keys::encode_revision(4))) damaged = entry->key;
      }
    }
    BOOST_TEST(in.erase(keys, lost));
    in.put(keys, damaged, "rubbish");
    in.commit();
  }
  store = open();

  auto const done = store->mend_index(0, much);

  BOOST_REQUIRE_EQUAL(done.size(), 2U);
  BOOST_TEST(done[0].text() == "the index of revision 2 by key had a damaged record in the store: "
                               "made again from the change");
  BOOST_TEST(done[1].revision == 4U);
  BOOST_TEST(!done[1].is_lost);
  BOOST_TEST(store->mend_index(0, much).empty());
  BOOST_TEST(count("keys") == before);
  BOOST_TEST(log("site.a") == "5 4 3 2 1");
}

BOOST_AUTO_TEST_CASE(a_mark_of_what_is_indexed_is_not_believed_where_it_is_wrong) {
  for (int value = 0; value < 5; ++value)
    must(set({{"site.a", std::to_string(value)}}));

  for (auto const* const mark : {"3", "5", "1000"}) {
    store.reset();
    {
      lmdb::environment env(directory / "state/data", {.map_bytes = 64 << 20, .databases = 8});
      lmdb::write_transaction in(env);
      layout_keys::put_meta(in, in.open("meta", lmdb::transaction::if_absent::fail), "indexed",
                            mark);
      in.commit();
    }
    store = open();

    BOOST_TEST(log("site.a") == "5 4 3 2 1", mark);
  }

  index_all();
  BOOST_TEST(log("site.a") == "5 4 3 2 1");
  BOOST_TEST(count("keys") == 10U + 2 * fillers);
}

BOOST_AUTO_TEST_CASE(a_damaged_change_is_named_to_whom_it_concerns) {
  must(set({{"site.a", "1"}}));
  must(set({{"site.b", "1"}}));
  index_all();
  put("changes", layout_keys::encode_revision(2), "rubbish");

  auto const concerned = store->log({.prefix = to_key("site.b")}, much);
  BOOST_TEST(concerned.changes.empty());
  BOOST_TEST(concerned.damaged == std::vector<revision_number>{2});
  BOOST_TEST(store->log({.prefix = to_key("site.a")}, much).damaged.empty());

  must(set({{"site.b", "2"}}));
  auto const newest = store->revision();
  put("changes", layout_keys::encode_revision(newest), "rubbish");
  BOOST_TEST(store->log({.prefix = to_key("site.a")}, much).damaged ==
                 std::vector<revision_number>{newest},
             "without entries it may be of every key");
}

BOOST_AUTO_TEST_SUITE_END()
