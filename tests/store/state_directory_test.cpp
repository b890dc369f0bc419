#include "store/encoding.hpp"
#include "store/lmdb.hpp"
#include "store/state_directory.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <ostream>

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

namespace fs = std::filesystem;

struct fixture : store_fixture {
  fs::path const state = directory / "state";
  error failure() { return config_store::open(state, bounds).error(); }

  void put_meta(char const* name, std::string_view value) {
    lmdb::environment env(state / "data", {.map_bytes = 64 << 20, .databases = 8});
    lmdb::write_transaction in(env);
    record_writer record;
    record.rest(value);
    in.put(in.open("meta", lmdb::transaction::if_absent::fail), name, record.finish(name));
    in.commit();
  }
};

mode_t mode_of(fs::path const& path) {
  struct stat status {};
  BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(state_directory, fixture)

BOOST_AUTO_TEST_CASE(a_second_daemon_is_rejected_with_the_pid_of_the_first) {
  auto const here = failure();
  BOOST_TEST((here.code == errc::conflict));
  BOOST_TEST(here.message == "the state directory is locked by pid " + std::to_string(::getpid()));
  BOOST_TEST(here.subject == state.string());

  child_process other([&](int) {
    return config_store::open(state, bounds).error().code == errc::conflict ? 0 : 1;
  });
  BOOST_TEST(other.wait() == 0);
  store.reset();
  BOOST_TEST(config_store::open(state, bounds).has_value());
}

BOOST_AUTO_TEST_CASE(a_start_waits_for_a_daemon_that_ends) {
  store.reset();
  unique_fd held(::open((state / "lock").c_str(), O_RDWR | O_CLOEXEC));
  BOOST_REQUIRE(::flock(held.get(), LOCK_EX | LOCK_NB) == 0);
  child_process other([&](int out) {
    held.reset(); // the lock is the parent's
    if (::write(out, ".", 1) != 1) return 2;
    return config_store::open(state, bounds).has_value() ? 0 : 1;
  });
  BOOST_TEST(other.read(1) == ".");

  held.reset();

  BOOST_TEST(other.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_store_does_not_take_a_standard_descriptor) {
  store.reset();
  for (int const closed : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    child_process other([&](int) {
      ::close(closed);
      return failure().message == "opening above descriptor 2: Bad file descriptor" ? 0 : 1;
    });
    BOOST_TEST(other.wait() == 0);
  }
}

BOOST_AUTO_TEST_CASE(new_files_are_closed_to_other_users) {
  BOOST_TEST(mode_of(state) == 0700U);
  BOOST_TEST(mode_of(state / "lock") == 0600U);
  BOOST_TEST(mode_of(state / "data") == 0700U);
  BOOST_TEST(mode_of(state / "data" / "data.mdb") == 0600U);
  BOOST_TEST((store->data_file() == state / "data" / "data.mdb"));
}

BOOST_AUTO_TEST_CASE(children_inherit_no_descriptor) {
  for (auto const& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    auto const target = fs::read_symlink(entry.path(), gone).string();
    if (!target.starts_with(state.string())) continue;
    int const number = std::stoi(entry.path().filename().string());
    BOOST_TEST((::fcntl(number, F_GETFD) & FD_CLOEXEC) != 0, target);
  }
}

BOOST_AUTO_TEST_CASE(files_that_others_may_write_are_not_trusted) {
  store.reset();
  for (auto const& path : {state, state / "lock", state / "data", state / "data" / "data.mdb",
                           state / "data" / "lock.mdb"}) {
    auto const before = mode_of(path);
    BOOST_REQUIRE(::chmod(path.c_str(), before | 0020U) == 0);
    auto const why = failure();
    BOOST_TEST((why.code == errc::untrusted));
    BOOST_TEST(why.subject == path.string());
    BOOST_TEST(why.message.find(before == 0700U ? "mode 0720" : "mode 0620") != std::string::npos);
    BOOST_REQUIRE(::chmod(path.c_str(), before) == 0);
  }
  BOOST_TEST(config_store::open(state, bounds).has_value());
}

BOOST_AUTO_TEST_CASE(files_of_another_owner_are_not_trusted) {
  store.reset();
  auto const file = state / "data" / "data.mdb";
  if (::chown(file.c_str(), 4711, 4711) != 0) {
    BOOST_TEST_MESSAGE("skipped: only root may give files away");
    return;
  }
  auto const why = failure();
  BOOST_TEST((why.code == errc::untrusted));
  BOOST_TEST(why.message.starts_with("owner 4711, mode 0600; wanted is a regular file of owner "));
}

BOOST_AUTO_TEST_CASE(a_link_in_place_of_the_store_is_not_followed) {
  store.reset();
  fs::rename(state / "data", directory / "elsewhere");
  fs::create_directory_symlink(directory / "elsewhere", state / "data");
  BOOST_TEST((failure().code == errc::untrusted));
}

BOOST_AUTO_TEST_CASE(a_newer_format_is_rejected_with_the_version_needed) {
  store.reset();
  put_meta("format", "5");
  put_meta("needs", "7.5");

  auto const why = failure();

  BOOST_TEST((why.code == errc::invalid));
  BOOST_TEST(why.message == "the store has format 5, this program reads format 4; version 7.5 or "
                            "newer is needed");
  put_meta("format", "4");
  BOOST_TEST(config_store::open(state, bounds).has_value());
}

BOOST_AUTO_TEST_CASE(a_store_without_a_format_is_refused) {
  store.reset();
  fs::remove_all(state / "data");
  fs::create_directory(state / "data");
  fs::permissions(state / "data", fs::perms::owner_all);
  {
    lmdb::environment env(state / "data", {.map_bytes = 1 << 20, .databases = 8});
    lmdb::write_transaction in(env);
    in.open("other", lmdb::transaction::if_absent::create);
    in.commit();
  }
  BOOST_TEST((failure().code == errc::invalid));
}

BOOST_AUTO_TEST_CASE(the_lock_can_be_looked_at_without_taking_it) {
  BOOST_TEST(is_locked(state));
  store.reset();
  BOOST_TEST(!is_locked(state));
  BOOST_TEST(!is_locked(directory / "none"));
  BOOST_TEST(!fs::exists(directory / "none"));
  BOOST_TEST(config_store::open(state, bounds).has_value());
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_created_is_an_error_with_its_path) {
  auto const why = config_store::open(directory / "no" / "state", bounds).error();
  BOOST_TEST((why.code == errc::io));
  BOOST_TEST(why.subject == (directory / "no" / "state").string());
  BOOST_TEST(why.message == "mkdir: No such file or directory");
}

BOOST_AUTO_TEST_SUITE_END()
