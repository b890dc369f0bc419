#include "tests/integration/fixture.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <string>

// Health while the disk under the store is full, and after. On a tmpfs of its own. The check of the
// store does not show it: LMDB continues as long as it has free pages.

namespace {

namespace bj = boost::json;
using namespace cfgd::test;

struct small_disk : running {
  small_disk() {
    std::filesystem::create_directories(state());
    mounted = ::mount("tmpfs", state().c_str(), "tmpfs", 0, "size=4m,mode=0700") == 0;
    if (!mounted) BOOST_TEST_MESSAGE("skipped: no file system can be mounted here");
    write_file(root / "etc" / "cfgd.toml",
               "[health]\ninterval_ms = 200\n[health.store]\nwarning_ms = 60000\ncritical_ms = "
               "60000\n[health.committer]\nwarning_ms = 60000\ncritical_ms = 60000\n");
  }
  ~small_disk() {
    daemon.kill();
    if (mounted) ::umount(state().c_str());
  }
  small_disk(small_disk const&) = delete;
  small_disk& operator=(small_disk const&) = delete;

  std::filesystem::path state() const { return root / "state"; }
  void fill() const {
    std::string const block(4096, 'x');
    int const file = ::open((state() / "ballast").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (::write(file, block.data(), block.size()) > 0) {
    }
    ::close(file);
  }
  /// Status of one check, run now, and its message.
  std::string run(std::string const& name) {
    auto const reply =
        daemon.connect().call("io.cfgd.Service.RunChecks", {{"names", bj::array{name}}}).value();
    auto const& one = reply.at("checks").as_array().at(0).as_object();
    return std::string(one.at("status").as_string()) + ": " +
           std::string(one.at("message").as_string());
  }

  bool mounted = false;
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(health_disk)

BOOST_FIXTURE_TEST_CASE(a_full_disk_is_critical_until_there_is_room, small_disk) {
  if (!mounted) return;
  save("site.json", R"({"a":1})");
  daemon.start();
  BOOST_TEST(run("disk").starts_with("healthy"));
  BOOST_TEST(run("files").starts_with("healthy"));
  BOOST_TEST(run("store").starts_with("healthy"));

  fill();

  BOOST_TEST(run("disk").starts_with("critical: 100 % of the space is used"));
  auto const files = run("files");
  BOOST_TEST(files.starts_with("critical: cannot write"));
  BOOST_TEST(files.find("No space left on device") != std::string::npos);
  daemon.wait_for_line("check 'disk' is critical");
  BOOST_TEST(daemon.connect().status().value().status == "critical");
  BOOST_TEST(value("site.a") == "1");

  std::filesystem::remove(state() / "ballast");

  daemon.wait_for_line("check 'disk' is healthy, was critical");
  daemon.wait_for_line("check 'files' is healthy, was critical");
  BOOST_TEST(run("files").starts_with("healthy"));
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_may_only_be_read_is_critical, small_disk) {
  if (!mounted) return;
  daemon.start();

  // LMDB has the file open for writing; only a forced remount would refuse that too.
  std::filesystem::create_directories(state() / "probe");
  BOOST_REQUIRE(::mount("tmpfs", (state() / "probe").c_str(), "tmpfs", MS_RDONLY, "") == 0);
  auto const files = run("files");
  // A check may have a file open there.
  BOOST_REQUIRE(::umount2((state() / "probe").c_str(), MNT_DETACH) == 0);

  BOOST_TEST(files.starts_with("critical: cannot write"));
  BOOST_TEST(files.find("Read-only file system") != std::string::npos);
  daemon.wait_for_line("check 'files' is healthy, was critical"); // one may have begun before
  BOOST_TEST(run("files").starts_with("healthy"));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
