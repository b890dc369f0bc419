#include "store/backup.hpp"
#include "store/probe.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <system_error>

// Somebody removes or replaces the files of a store that is in use.

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

  /// The first commit fails, later ones are durable in the new store.
  void check_that_nothing_acknowledged_is_lost() {
    auto const why = refusal(set({{"site.c", "3"}}));
    BOOST_TEST((why.code == errc::store_failed));
    BOOST_TEST(why.message.starts_with("the store '" + file.string() + "' is lost: "));
    BOOST_TEST(store->take_loss().value() == why.message);
    BOOST_TEST(!store->take_loss());
    BOOST_TEST(text("site") == R"({"a":1,"b":2})");

    BOOST_TEST(must(set({{"site.d", "4"}})).revision == 3U);

    BOOST_TEST(store->changes_after(1, 1 << 20).compacted);
    BOOST_TEST(show(store->changes_after(2, 1 << 20).changes) == "3: site.d=->4;");
    reopen();
    BOOST_TEST(text("site") == R"({"a":1,"b":2,"d":4})");
    BOOST_TEST(store->revision() == 3U);
    BOOST_TEST(store->sources().size() == 1U);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(lost_files, fixture)

BOOST_AUTO_TEST_CASE(a_removed_state_directory_is_made_again) {
  remove_while_written(state); // a copy of the store may be written there
  check_that_nothing_acknowledged_is_lost();
}

BOOST_AUTO_TEST_CASE(an_older_store_that_is_written_over_it_is_not_taken_over) {
  reopen(); // LMDB needs two transactions to forget a page
  auto const older = read_file(file);
  must(set({{"site.b", "3"}}));
  auto const now = must(set({{"site.b", "2"}})).revision;
  auto content = read_file(file);
  content.replace(0, older.size(), older);
  {
    std::fstream over(file, std::ios::in | std::ios::out | std::ios::binary);
    over.write(content.data(), static_cast<std::streamsize>(content.size()));
  }

  BOOST_TEST((refusal(set({{"site.c", "3"}})).code == errc::store_failed));
  BOOST_TEST(must(set({{"site.d", "4"}})).revision == now + 1);
  BOOST_TEST(text("site") == R"({"a":1,"b":2,"d":4})");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_store_are_replaced_by_what_is_in_memory) {
  {
    std::fstream over(file, std::ios::in | std::ios::out | std::ios::binary);
    std::string const noise(8192, 'x');
    over.write(noise.data(), static_cast<std::streamsize>(noise.size()));
  }

  // What LMDB says first depends on the page that it reads; that it cannot be opened comes next.
  BOOST_TEST((refusal(set({{"site.c", "3"}})).code == errc::store_failed));
  auto made = commit(set({{"site.d", "4"}}));
  if (!made) made = commit(set({{"site.d", "4"}}));

  BOOST_TEST(made.value().revision == 3U);
  reopen();
  BOOST_TEST(text("site") == R"({"a":1,"b":2,"d":4})");
}

BOOST_AUTO_TEST_CASE(a_renamed_state_directory_is_made_again) {
  fs::rename(state, directory / "elsewhere");
  check_that_nothing_acknowledged_is_lost();
}

BOOST_AUTO_TEST_CASE(another_store_in_its_place_is_kept_aside) {
  back_up(state, directory / "backup.mdb", [](std::uint64_t, std::uint64_t) {}).value();
  fs::rename(directory / "backup.mdb", file);
  check_that_nothing_acknowledged_is_lost();

  std::size_t kept = 0;
  for (auto const& entry : fs::directory_iterator(state))
    kept += entry.path().filename().string().starts_with("data.replaced.") ? 1 : 0;
  BOOST_TEST(kept == 1U);
}

BOOST_AUTO_TEST_CASE(a_truncated_file_is_not_read) {
  for (std::uintmax_t const size : {std::uintmax_t{8192}, std::uintmax_t{0}}) {
    fs::resize_file(file, size);
    BOOST_TEST((refusal(set({{"site.c", "3"}})).code == errc::store_failed));
    must(set({{"site.c", std::to_string(size)}}));
    reopen();
    BOOST_TEST(text("site") == R"({"a":1,"b":2,"c":)" + std::to_string(size) + '}');
  }
}

BOOST_AUTO_TEST_CASE(a_removed_lock_file_is_made_again) {
  fs::remove(state / "lock");

  must(set({{"site.c", "3"}}));

  child_process other([this](int) {
    return config_store::open(state, bounds).error().code == errc::conflict ? 0 : 1;
  });
  BOOST_TEST(other.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_probe_reports_the_loss_and_mends_it) {
  remove_while_written(state); // a copy of the store may be written there

  auto const first = store->probe(at());
  BOOST_REQUIRE(!first);
  BOOST_TEST((first.error().code == errc::store_failed));
  BOOST_TEST(store->probe(at()).has_value());
  reopen();
  BOOST_TEST(text("site") == R"({"a":1,"b":2})");
}

BOOST_AUTO_TEST_CASE(a_loss_that_a_commit_found_is_reported_by_the_next_probe) {
  remove_while_written(state); // a copy of the store may be written there
  BOOST_TEST((refusal(set({{"site.c", "3"}})).code == errc::store_failed));
  must(set({{"site.c", "3"}}));

  auto const first = store->probe(at());
  BOOST_REQUIRE(!first);
  BOOST_TEST(
      first.error().message.ends_with("a new store was made from memory, without the history"));
  BOOST_TEST(store->probe(at()).has_value());
}

BOOST_AUTO_TEST_CASE(without_a_place_for_a_new_store_nothing_is_acknowledged) {
  remove_while_written(state); // a copy of the store may be written there
  write_file(state, "a file");

  for (int round = 0; round < 3; ++round)
    BOOST_TEST((refusal(set({{"site.c", "3"}})).code == errc::store_failed));
  BOOST_TEST(text("site") == R"({"a":1,"b":2})");

  fs::remove(state);
  must(set({{"site.c", "3"}}));
}

BOOST_AUTO_TEST_SUITE_END()
