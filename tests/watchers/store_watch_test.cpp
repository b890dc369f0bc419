#include "tests/support/loop.hpp"
#include "tests/support/temporary_directory.hpp"
#include "watchers/store_watch.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>

namespace {

using cfgd::test::temporary_directory;
using namespace std::chrono_literals;

/// Writes as LMDB does: in place, without closing.
class data_file {
 public:
  explicit data_file(std::filesystem::path const& path)
      : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {}
  ~data_file() { ::close(fd_); }
  data_file(data_file const&) = delete;
  data_file& operator=(data_file const&) = delete;

  void commit() const { BOOST_REQUIRE(::pwrite(fd_, "x", 1, 0) == 1); }

 private:
  int fd_;
};

class watched_store {
 public:
  watched_store(std::chrono::milliseconds quiet, std::chrono::milliseconds tick)
      : watch_(loop_.context().get_executor(), directory_ / "data.mdb", quiet, tick,
               [this] { ++notified; }) {
    loop_.start(watch_.run());
  }
  ~watched_store() { loop_.stop(); }
  watched_store(watched_store const&) = delete;
  watched_store& operator=(watched_store const&) = delete;

  bool until_notified(int times) {
    return loop_.run_until([&] { return notified >= times; });
  }
  std::filesystem::path operator/(char const* name) const { return directory_ / name; }
  std::filesystem::path const& path() const { return directory_.path(); }

  cfgd::watchers::store_watch& watch() { return watch_; }
  /// Does what there is to do; the kernel's events of what was written are there at once.
  void settle() {
    loop_.context().restart();
    while (loop_.context().poll() != 0) {
    }
  }

  int notified = 0;

 private:
  temporary_directory directory_;
  cfgd::test::loop loop_;
  cfgd::watchers::store_watch watch_;
};

BOOST_AUTO_TEST_SUITE(store_watch)

BOOST_AUTO_TEST_CASE(a_commit_is_notified) {
  watched_store store(1ms, 10min);
  data_file const data(store / "data.mdb");
  BOOST_TEST(store.until_notified(1)); // its creation
  store.notified = 0;

  data.commit();

  BOOST_TEST(store.until_notified(1));
}

BOOST_AUTO_TEST_CASE(commits_within_the_quiet_period_are_notified_once) {
  watched_store store(200ms, 10min);
  data_file const data(store / "data.mdb");

  for (int i = 0; i < 100; ++i)
    data.commit();

  BOOST_TEST(store.until_notified(1));
  data.commit();
  BOOST_TEST(store.until_notified(2));
  BOOST_TEST(store.notified == 2);
}

BOOST_AUTO_TEST_CASE(other_files_are_not_notified) {
  watched_store store(0ms, 10min);
  data_file const data(store / "data.mdb");
  BOOST_TEST(store.until_notified(1));
  store.notified = 0;

  cfgd::test::write_file(store / "lock.mdb", "1");
  data.commit();

  BOOST_TEST(store.until_notified(1));
  BOOST_TEST(store.notified == 1);
}

BOOST_AUTO_TEST_CASE(a_file_renamed_into_place_is_notified) {
  watched_store store(1ms, 10min);

  cfgd::test::replace_file(store / "data.mdb", "restored");

  BOOST_TEST(store.until_notified(1));
}

BOOST_AUTO_TEST_CASE(own_commits_are_not_notified) {
  watched_store store(0ms, 10min);
  data_file const data(store / "data.mdb");
  BOOST_TEST(store.until_notified(1));
  store.notified = 0;

  {
    cfgd::watchers::store_watch::silence const own(&store.watch());
    data.commit();
  }
  store.settle();

  BOOST_TEST(store.notified == 0);
}

BOOST_AUTO_TEST_CASE(a_commit_after_the_own_one_is_notified) {
  watched_store store(0ms, 10min);
  data_file const data(store / "data.mdb");
  BOOST_TEST(store.until_notified(1));
  store.notified = 0;
  {
    cfgd::watchers::store_watch::silence const own(&store.watch());
    data.commit();
  }

  data.commit();

  BOOST_TEST(store.until_notified(1));
}

BOOST_AUTO_TEST_CASE(a_store_that_is_replaced_during_an_own_commit_is_notified) {
  watched_store store(0ms, 10min);
  data_file const data(store / "data.mdb");
  BOOST_TEST(store.until_notified(1));
  store.notified = 0;
  cfgd::watchers::store_watch::silence const own(&store.watch());

  cfgd::test::replace_file(store / "data.mdb", "restored");

  BOOST_TEST(store.until_notified(1));
}

BOOST_AUTO_TEST_CASE(the_tick_comes_without_events) {
  watched_store store(1ms, 30ms);

  BOOST_TEST(store.until_notified(3));
}

BOOST_AUTO_TEST_CASE(a_replaced_directory_is_watched_again) {
  watched_store store(1ms, 30ms);
  std::filesystem::remove(store.path());
  std::filesystem::create_directory(store.path());
  BOOST_TEST(store.until_notified(2));

  data_file const data(store / "data.mdb");
  auto const before = store.notified;
  data.commit();

  BOOST_TEST(store.until_notified(before + 1));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
