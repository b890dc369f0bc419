#include "store/backup.hpp"
#include "store/copies.hpp"
#include "store/encoding.hpp"
#include "store/lmdb.hpp"
#include "store/probe.hpp"
#include "store/recovery.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

// A store that cannot be read is moved aside, and the newest intact copy takes its place.

namespace {

namespace fs = std::filesystem;
using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

struct fixture : store_fixture {
  fs::path const state = directory / "state";
  fs::path const file = state / "data" / "data.mdb";

  fixture() {
    must(files_changed({good("admin/site.json", R"({"a":1})")}));
    must(set({{"site.b", "2"}}));
  }

  /// Closes the store and opens it as the daemon does.
  std::optional<recovery> recover() {
    store.reset();
    auto opened = open_or_recover(state, bounds, at()).value();
    store = std::move(opened.store);
    return opened.recovered;
  }
  void spoil() {
    store.reset();
    fs::resize_file(file, fs::file_size(file) / 2);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (auto const& entry : fs::directory_iterator(state))
      out.push_back(entry.path().filename());
    std::ranges::sort(out);
    return out;
  }
  std::string joined() const {
    std::string out;
    for (auto const& name : names())
      out += name + ' ';
    return out;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(recovery, fixture)

BOOST_AUTO_TEST_CASE(a_store_that_is_older_than_its_copies_goes_on_above_them) {
  store.reset();
  auto const older = read_file(file);
  store = open();
  must(set({{"site.b", "3"}}));
  store->finish_copies();
  store.reset();
  write_file(file, older);

  auto const done = recover().value();

  BOOST_TEST(done.is_older);
  BOOST_TEST(done.why.find("the store has revision 2, and a copy beside it has 3") !=
             std::string::npos);
  BOOST_TEST(text("site") == R"({"a":1,"b":2})");
  BOOST_TEST(store->revision() == revision_stride);
  BOOST_TEST(store->changes_after(3, 1 << 20).compacted);
  BOOST_TEST(!recover());
}

BOOST_AUTO_TEST_CASE(an_intact_store_is_opened_as_it_is) {
  BOOST_TEST(!recover());
  BOOST_TEST(text("site") == R"({"a":1,"b":2})");
  BOOST_TEST(joined() == "copy.1.mdb data key lock ");
}

BOOST_AUTO_TEST_CASE(a_truncated_store_is_replaced_by_the_newest_copy) {
  store->finish_copies();
  must(set({{"site.c", "3"}}));
  auto const lost = store->revision();
  spoil();

  auto const done = recover();

  BOOST_REQUIRE(done);
  BOOST_TEST(done->copy.value() == 2U);
  BOOST_TEST(done->continues > lost);
  BOOST_TEST(store->revision() == done->continues);
  BOOST_TEST(text("site") == R"({"a":1,"b":2})");
  BOOST_TEST(store->sources().size() == 1U);
  BOOST_TEST(fs::exists(done->kept / "data.mdb"));
  BOOST_TEST(done->kept.filename().string().starts_with("data.damaged."));
  // Nobody resumes over another history.
  for (revision_number const cursor : {1U, 2U, 3U})
    BOOST_TEST(store->changes_after(cursor, 1 << 20).compacted);
  auto late = set({{"site.d", "4"}});
  late.if_revision = lost;
  BOOST_TEST((refusal(late).code == errc::conflict));
  BOOST_TEST(must(set({{"site.d", "4"}})).revision == done->continues + 1);
  BOOST_TEST(store->probe(at()).value().damaged == done->kept.string());
  BOOST_TEST(!recover());
}

BOOST_AUTO_TEST_CASE(bad_meta_pages_are_damage) {
  store->finish_copies();
  store.reset();
  auto const whole = read_file(file);
  auto meta = whole;
  meta.replace(0, 8192, std::string(8192, 'x'));

  for (auto const& content : {meta, std::string()}) {
    store.reset();
    write_file(file, content);
    auto const done = recover();
    BOOST_REQUIRE(done);
    BOOST_TEST(text("site") == R"({"a":1,"b":2})");
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_copy_is_passed_over) {
  store->finish_copies();
  must(set({{"site.c", "3"}}));
  store->finish_copies();
  auto const copies = list_copies(state);
  BOOST_REQUIRE_EQUAL(copies.size(), 2U);
  fs::resize_file(copies[0], 5'000);
  spoil();

  auto const done = recover();

  BOOST_REQUIRE(done);
  BOOST_TEST(done->copy.value() == 2U);
  BOOST_TEST(text("site") == R"({"a":1,"b":2})");
}

BOOST_AUTO_TEST_CASE(without_a_copy_the_store_begins_empty_and_above) {
  spoil();
  for (auto const& copy : list_copies(state))
    fs::remove(copy);

  auto const done = recover();

  BOOST_REQUIRE(done);
  BOOST_TEST(!done->copy);
  BOOST_TEST(done->continues > 2U);
  BOOST_TEST(text("site") == "(none)");
  BOOST_TEST(must(set({{"site.a", "5"}})).revision == done->continues + 1);
}

BOOST_AUTO_TEST_CASE(a_store_that_is_gone_comes_back_from_its_copy) {
  store->finish_copies();
  store.reset();
  fs::remove_all(state / "data");

  auto const done = recover();

  BOOST_REQUIRE(done);
  BOOST_TEST(done->kept.empty());
  BOOST_TEST(done->continues == revision_stride);
  BOOST_TEST(text("site") == R"({"a":1,"b":2})");
}

BOOST_AUTO_TEST_CASE(why_a_copy_of_a_replaced_store_failed_is_forgotten) {
  copies kept(directory / "nowhere", 1 << 20, {});
  kept.finish({}, {});
  BOOST_TEST(kept.failure() != "");

  kept.start_over();

  BOOST_TEST(kept.failure() == "");
}

BOOST_AUTO_TEST_CASE(a_newer_store_is_not_moved_aside) {
  store.reset();
  {
    lmdb::environment env(state / "data", {.map_bytes = 64 << 20, .databases = 8});
    lmdb::write_transaction in(env);
    record_writer record;
    record.rest("99");
    in.put(in.open("meta", lmdb::transaction::if_absent::fail), "format", record.finish("format"));
    in.commit();
  }

  auto const why = open_or_recover(state, bounds, at());

  BOOST_REQUIRE(!why);
  BOOST_TEST((why.error().code == errc::invalid));
  BOOST_TEST(joined() == "copy.1.mdb data key lock ");
}

BOOST_AUTO_TEST_CASE(the_mark_of_an_interrupted_start_is_removed) {
  store.reset();
  write_file(state / "opening", "");

  BOOST_TEST(!recover());

  BOOST_TEST(joined() == "copy.1.mdb data key lock ");
}

BOOST_AUTO_TEST_CASE(few_damaged_stores_are_kept) {
  for (int round = 0; round < 5; ++round) {
    spoil();
    BOOST_TEST(recover().has_value());
  }
  BOOST_TEST(list_damaged(state).size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_copy_is_a_backup_without_history) {
  store->finish_copies();

  auto const copies = list_copies(state);
  BOOST_REQUIRE_EQUAL(copies.size(), 2U); // the first one was made at once
  BOOST_TEST(copies[0].filename() == "copy.2.mdb");
  auto const facts = verify_backup(copies[0], [](std::uint64_t, std::uint64_t) {}).value();
  BOOST_TEST(facts.revision == 2U);
  BOOST_TEST(
      (fs::status(copies[0]).permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
}

BOOST_AUTO_TEST_CASE(copies_are_made_every_so_many_revisions) {
  store.reset();
  bounds.copy_revisions = 10;
  store = open();
  for (int number = 0; number < 12; ++number)
    must(set({{"site.n", std::to_string(number)}}));
  store.reset(); // waits for the copy
  auto const first = list_copies(state);
  BOOST_REQUIRE_EQUAL(first.size(), 2U);
  BOOST_TEST(revision_of_copy(first[0]) == 11U);
  BOOST_TEST(revision_of_copy(first[1]) == 1U);

  store = open();
  for (int number = 0; number < 9; ++number)
    must(set({{"site.n", std::to_string(100 + number)}}));
  store.reset();

  auto const second = list_copies(state);
  BOOST_REQUIRE_EQUAL(second.size(), 2U);
  BOOST_TEST(revision_of_copy(second[0]) == 21U);
  BOOST_TEST(revision_of_copy(second[1]) == 11U);
}

BOOST_AUTO_TEST_CASE(a_copy_that_fails_says_why) {
  copies kept(directory / "none", 1 << 20, {});
  kept.finish({}, {});

  BOOST_TEST(kept.failure().starts_with((directory / "none").string()));
  BOOST_TEST(!kept.newest());
}

BOOST_AUTO_TEST_SUITE_END()
