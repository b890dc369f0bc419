#include "store/copies.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/mount.h>
#include <unistd.h>

#include <fstream>
#include <ostream>

// Maps and disks that are full. What does not fit is refused; what is there stays, and the store
// goes on as soon as there is room.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

struct fixture : store_fixture {
  std::string filler(std::size_t bytes) { return '"' + std::string(bytes, 'x') + '"'; }

  void restart(std::size_t store_bytes) {
    store.reset();
    bounds.store_bytes = store_bytes;
    bounds.value_bytes = 1 << 20;
    bounds.history_revisions = 1;
    store = open();
  }
  /// Sets keys until one is refused; returns how many were not.
  int fill(std::size_t bytes) {
    for (int number = 0;; ++number) {
      auto const one = commit(set({{"n" + std::to_string(number) + ".v", filler(bytes)}}));
      if (one) continue;
      BOOST_REQUIRE((one.error().code == errc::store_failed));
      return number;
    }
  }
};

/// A file system of a given size, while it lives. Needs to be root.
class small_disk {
 public:
  explicit small_disk(std::filesystem::path path) : path_(std::move(path)) {
    std::filesystem::create_directory(path_);
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=2m,mode=0700") == 0;
  }
  ~small_disk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  small_disk(small_disk const&) = delete;
  small_disk& operator=(small_disk const&) = delete;
  bool mounted() const { return mounted_; }
  bool make_larger() const {
    return ::mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, "size=16m,mode=0700") == 0;
  }

 private:
  std::filesystem::path path_;
  bool mounted_ = false;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(full, fixture)

BOOST_AUTO_TEST_CASE(the_map_grows_until_its_limit) {
  restart(128 << 20);
  for (int number = 0; number < 12; ++number)
    must(set({{"n" + std::to_string(number) + ".v", filler(1'000'000)}}));
  BOOST_TEST(std::filesystem::file_size(store->data_file()) > 16U << 20);
  reopen();
  BOOST_TEST(store->effectives().size() == 12U);
  BOOST_TEST(store->revision() == 12U);
}

BOOST_AUTO_TEST_CASE(a_full_store_rejects_changes_and_can_be_emptied) {
  restart(4 << 20);
  int const fitted = fill(100'000);
  BOOST_TEST(fitted > 5);
  BOOST_TEST(store->revision() == static_cast<revision_number>(fitted));
  BOOST_TEST(store->effectives().size() == static_cast<std::size_t>(fitted));
  auto const refused = refusal(set({{"large.v", filler(1'000'000)}}));
  BOOST_TEST(refused.subject == "store_bytes");
  BOOST_TEST(refused.maximum == 4U << 20);

  for (int number = 0; number < fitted; ++number)
    must(unset({"n" + std::to_string(number)}));

  BOOST_TEST(store->effectives().empty());
  must(set({{"large.v", filler(300'000)}}));
  reopen();
  BOOST_TEST(store->effectives().size() == 1U);
  BOOST_TEST(std::filesystem::file_size(store->data_file()) <= 4U << 20);
}

BOOST_AUTO_TEST_CASE(a_group_that_does_not_fit_is_tried_one_by_one) {
  restart(4 << 20);
  fill(100'000);
  std::vector<request> const group{set({{"large.v", filler(1'000'000)}}), set({{"small.v", "1"}}),
                                   unset({"n0"})};
  auto const decisions = store->commit(group, at());

  BOOST_TEST((decisions[0].error().code == errc::store_failed));
  BOOST_TEST(decisions[2].has_value());
  BOOST_TEST(text("n0") == "(none)");
}

BOOST_AUTO_TEST_CASE(a_full_disk_rejects_changes_and_loses_nothing) {
  small_disk const disk(directory / "disk");
  if (!disk.mounted()) {
    BOOST_TEST_MESSAGE("skipped: a tmpfs cannot be mounted here");
    return;
  }
  store = config_store::open(directory / "disk" / "state", bounds).value();
  bounds.value_bytes = 1 << 20;
  int const fitted = fill(50'000);
  BOOST_TEST(fitted > 3);
  BOOST_TEST(text("n0").size() > 50'000U);
  BOOST_TEST(store->revision() == static_cast<revision_number>(fitted));
  BOOST_TEST(store->changes_after(0, 1 << 30).changes.size() == static_cast<std::size_t>(fitted));
  BOOST_TEST(!commit(set({{"more.v", filler(50'000)}})).has_value());

  BOOST_REQUIRE(disk.make_larger());

  BOOST_TEST(must(set({{"more.v", filler(50'000)}})).revision ==
             static_cast<revision_number>(fitted) + 1);
  store = nullptr;
  store = config_store::open(directory / "disk" / "state", bounds).value();
  BOOST_TEST(store->effectives().size() == static_cast<std::size_t>(fitted) + 1);
  store = nullptr;
}

BOOST_AUTO_TEST_CASE(a_copy_that_finds_no_room_ends_nothing) {
  small_disk const disk(directory / "disk");
  if (!disk.mounted()) {
    BOOST_TEST_MESSAGE("skipped: a tmpfs cannot be mounted here");
    return;
  }
  store = config_store::open(directory / "disk" / "state", bounds).value();
  must(set({{"site.a", "1"}}));
  store->finish_copies();
  must(set({{"site.a", "2"}}));
  std::ofstream(directory / "disk" / "ballast") << std::string(4 << 20, 'x') << std::flush;

  store->finish_copies();

  BOOST_TEST(text("site") == R"({"a":2})");
  auto const copies = list_copies(directory / "disk" / "state");
  BOOST_REQUIRE(copies.size() == 1U);
  BOOST_TEST(revision_of_copy(copies.front()) == 1U);
  store = nullptr;
}

BOOST_AUTO_TEST_SUITE_END()
