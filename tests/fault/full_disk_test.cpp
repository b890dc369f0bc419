#include "tests/integration/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <string>

// The store's file system is full, and then it is not. On a tmpfs of its own.

namespace {

using namespace cfgd::test;

/// The state directory on a small file system.
struct small_disk : running {
  small_disk() : mounted(false) {
    std::filesystem::create_directories(root / "state");
    mounted = ::mount("tmpfs", (root / "state").c_str(), "tmpfs", 0, "size=4m,mode=0700") == 0;
  }
  ~small_disk() {
    daemon.kill();
    if (mounted) ::umount((root / "state").c_str());
  }
  void fill() const {
    std::string const block(4096, 'x');
    int const file = ::open(ballast().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (::write(file, block.data(), block.size()) > 0) {
    }
    ::close(file);
  }
  void make_room() const { std::filesystem::remove(ballast()); }
  std::filesystem::path ballast() const { return root / "state" / "ballast"; }

  bool mounted;
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(full_disk)

BOOST_FIXTURE_TEST_CASE(reads_continue_and_saved_files_become_effective_when_there_is_room,
                        small_disk) {
  if (!mounted) {
    BOOST_TEST_MESSAGE("skipped: no file system can be mounted here");
    return;
  }
  save("app.json", R"({"a":"old"})");
  save("gone.json", R"({"x":1})");
  daemon.start();
  auto connected = daemon.connect();
  fill();

  std::string const large(200'000, 'n');
  save("app.json", R"({"a":")" + large + R"("})");
  std::filesystem::remove(daemon.admin("gone.json"));
  daemon.wait_for_line("could not be recorded");
  auto const failure = daemon.wait_for_line("the store failed: ");
  BOOST_TEST(failure.find("is full)") != std::string::npos, failure);

  BOOST_TEST(text_of(connected.get_value("app.a").value().value()) == R"("old")");
  auto const refused = connected.set({.values = {{"app.b", large}}});
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().name == "io.cfgd.Config.StoreFailed");
  auto const synced = connected.sync();
  BOOST_REQUIRE(!synced);
  BOOST_TEST(synced.error().name == "io.cfgd.Config.StoreFailed");
  BOOST_TEST(connected.status().value().degraded);
  auto watching = watch(daemon.socket());

  make_room();

  bool has_new = false;
  bool has_gone = !connected.get_value("gone.x").value(); // that one may have found room before
  while (!has_new || !has_gone) {
    auto const change = watching.parameters();
    if (auto const* const values = change.if_contains("values"))
      has_new = has_new || values->as_object().contains("app.a");
    if (auto const* const removed = change.if_contains("removed"))
      has_gone = has_gone || text_of(*removed).find("gone.x") != std::string::npos;
  }
  BOOST_TEST(value("app.a") == '"' + large + '"');
  BOOST_TEST(value("gone.x") == "-");
  BOOST_TEST(connected.set({.values = {{"app.b", 1}}}).has_value());
  BOOST_TEST(!connected.status().value().degraded);
}

BOOST_FIXTURE_TEST_CASE(a_start_whose_first_commit_fails_goes_on_when_there_is_room, small_disk) {
  if (!mounted) {
    BOOST_TEST_MESSAGE("skipped: no file system can be mounted here");
    return;
  }
  daemon.start();
  BOOST_TEST(daemon.stop() == 0);
  save("app.json", R"({"a":")" + std::string(200'000, 'n') + R"("})");
  fill();

  BOOST_CHECK_THROW(daemon.start(), std::exception); // Sync says that nothing is recorded
  daemon.wait_for_line("could not be recorded");
  BOOST_TEST(daemon.connect().status().value().degraded);
  make_room();
  daemon.wait_for_line("changes of files are recorded again");

  BOOST_TEST(value("app.a").size() == 200'002U);
  daemon.connect().sync().value();
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
