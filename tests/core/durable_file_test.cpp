#include "core/durable_file.hpp"
#include "core/unique_fd.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <iterator>
#include <string>
#include <utility>

namespace {

namespace fs = std::filesystem;
using namespace cfgd;

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

} // namespace

BOOST_AUTO_TEST_SUITE(durable_file)

BOOST_AUTO_TEST_CASE(a_file_is_replaced_with_its_mode_and_leaves_nothing_beside_it) {
  test::temporary_directory const directory;
  auto const path = directory.path() / "figures.prom";
  auto const umask_before = ::umask(077);
  BOOST_TEST(replace_file(path, "old", 0644).has_value());
  BOOST_TEST(replace_file(path, "new", 0640).has_value());
  ::umask(umask_before);

  struct stat status {};
  BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777U) == 0640U);
  BOOST_TEST(test::read_file(path) == "new");
  BOOST_TEST(std::distance(fs::directory_iterator(directory.path()), {}) == 1);
}

BOOST_AUTO_TEST_CASE(a_link_is_replaced_and_not_followed) {
  test::temporary_directory const directory;
  auto const other = directory.path() / "other";
  test::write_file(other, "stays");
  fs::create_symlink(other, directory.path() / "file");
  fs::create_symlink(other, directory.path() / ".file.new");

  BOOST_TEST(replace_file(directory.path() / "file", "new", 0600).has_value());
  BOOST_TEST(test::read_file(other) == "stays");
  BOOST_TEST(!fs::is_symlink(directory.path() / "file"));
}

BOOST_AUTO_TEST_CASE(a_failure_names_the_call_and_leaves_the_file) {
  test::temporary_directory const directory;
  auto const path = directory.path() / "a";
  fs::create_directory(path);
  test::write_file(path / "inside", "x");

  auto const failed = replace_file(path, "new", 0600);
  BOOST_REQUIRE(!failed);
  BOOST_CHECK(failed.error().code == errc::io);
  BOOST_TEST(failed.error().message.starts_with("rename: "), failed.error().message);
  BOOST_TEST(failed.error().subject == path.string());
  BOOST_TEST(!fs::exists(directory.path() / ".a.new"));

  auto const nowhere = replace_file(directory.path() / "no" / "file", "new", 0600);
  BOOST_REQUIRE(!nowhere);
  BOOST_TEST(nowhere.error().message == "open: No such file or directory");
}

BOOST_AUTO_TEST_CASE(syncing_a_missing_directory_is_an_error) {
  test::temporary_directory const directory;
  test::write_file(directory.path() / "file", "x");
  BOOST_TEST(sync_file(directory.path() / "file").has_value());
  BOOST_TEST(sync_directory(directory.path()).has_value());
  BOOST_TEST(!sync_directory(directory.path() / "file"));
  BOOST_TEST(!sync_file(directory.path() / "none"));
}

BOOST_AUTO_TEST_CASE(a_full_device_is_an_error_of_writing) {
  unique_fd const full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  BOOST_REQUIRE(bool(full));
  BOOST_TEST(write_all(full.get(), "text") == ENOSPC);
  BOOST_TEST(write_all(full.get(), "") == 0);
}

BOOST_AUTO_TEST_CASE(a_descriptor_has_one_owner) {
  unique_fd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  int const number = first.get();
  unique_fd second(std::move(first));
  BOOST_TEST(!first); // NOLINT(bugprone-use-after-move): that it is empty is what is tested
  BOOST_TEST(second.get() == number);

  unique_fd other(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  int const replaced = other.get();
  other = std::move(second);
  BOOST_TEST(!is_open(replaced)); // at once, not with the one that was moved from
  BOOST_TEST(other.get() == number);

  int const released = other.release();
  BOOST_TEST(!other);
  BOOST_TEST(is_open(released));
  other.reset(released);
  other.reset();
  BOOST_TEST(!is_open(released));
}

BOOST_AUTO_TEST_SUITE_END()
