#include "daemon/health/built_in.hpp"
#include "daemon/health/system_checks.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace cfgd;
using namespace cfgd::health;
using namespace std::chrono_literals;
using test::write_file;

constexpr thresholds percent{75, 90};

/// A small file system of its own, if one can be mounted here.
struct small_disk {
  small_disk() {
    std::filesystem::create_directories(path);
    mounted = ::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=1m,nr_inodes=100,mode=0700") == 0;
    if (!mounted) BOOST_TEST_MESSAGE("skipped: no file system can be mounted here");
  }
  ~small_disk() {
    if (mounted) ::umount(path.c_str());
  }
  small_disk(small_disk const&) = delete;
  small_disk& operator=(small_disk const&) = delete;

  void fill() const {
    std::string const block(4096, 'x');
    int const file = ::open((path / "ballast").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (::write(file, block.data(), block.size()) > 0) {
    }
    ::close(file);
  }

  test::temporary_directory directory;
  std::filesystem::path path = directory / "disk";
  bool mounted = false;
};

/// What the kernel would say, as files.
struct memory_files {
  void say(std::string_view name, std::string_view text) { write_file(directory / name, text); }
  finding look(std::int64_t pressure = 10) {
    return look_at_memory({.proc = directory / "proc", .cgroup = directory / "cgroup"}, percent,
                          pressure);
  }
  void say_available(int percent_available) {
    say("proc/meminfo", "MemTotal:        1000000 kB\nMemFree:  1 kB\nMemAvailable:    " +
                            std::to_string(percent_available * 10'000) + " kB\n");
  }
  /// Of pages.
  void say_resident(int pages) {
    say("proc/self/statm", "9999 " + std::to_string(pages) + " 1 1 0 1 0\n");
  }
  static std::string bytes(int pages) { return std::to_string(::sysconf(_SC_PAGESIZE) * pages); }

  test::temporary_directory directory;
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(health_system)

BOOST_FIXTURE_TEST_CASE(a_full_disk_is_critical, small_disk) {
  if (!mounted) return;
  BOOST_TEST((look_at_disk(path, percent).what == state::healthy));
  BOOST_TEST((try_to_write(path).what == state::healthy));

  fill();
  auto const found = look_at_disk(path, percent);

  BOOST_TEST((found.what == state::critical));
  BOOST_TEST(found.message.starts_with("100 % of the space is used"));
  auto const write = try_to_write(path / "probe");
  BOOST_TEST((write.what == state::critical));
  BOOST_TEST(write.message.ends_with("No space left on device"));
}

BOOST_FIXTURE_TEST_CASE(a_disk_without_inodes_is_critical, small_disk) {
  if (!mounted) return;

  for (int n = 0; n < 99; ++n)
    write_file(path / std::to_string(n), "");
  auto const found = look_at_disk(path, percent);

  BOOST_TEST((found.what == state::critical));
  BOOST_TEST(found.message.ends_with("of the inodes are used"));
}

BOOST_FIXTURE_TEST_CASE(the_thresholds_of_a_disk_are_settings, small_disk) {
  if (!mounted) return;
  write_file(path / "half", std::string(512 * 1024, 'x'));

  BOOST_TEST((look_at_disk(path, {40, 90}).what == state::warning));
  BOOST_TEST((look_at_disk(path, {20, 40}).what == state::critical));
}

BOOST_AUTO_TEST_CASE(a_disk_that_is_not_there_is_critical) {
  test::temporary_directory const directory;

  BOOST_TEST((look_at_disk(directory / "none", percent).what == state::critical));
}

BOOST_FIXTURE_TEST_CASE(memory_that_the_kernel_does_not_show_is_unknown, memory_files) {
  BOOST_TEST((look().what == state::unknown));
}

BOOST_FIXTURE_TEST_CASE(the_machines_memory_has_thresholds, memory_files) {
  say_resident(10);
  say_available(26);
  BOOST_TEST((look().what == state::healthy));

  say_available(25);
  auto const found = look();
  BOOST_TEST((found.what == state::warning));
  BOOST_TEST(found.message == "75 % of the machine's memory is in use");
  BOOST_TEST(found.details.at("availableBytes").to_number<std::uint64_t>() == 256'000'000U);

  say_available(10);
  BOOST_TEST((look().what == state::critical));
}

BOOST_FIXTURE_TEST_CASE(the_lowest_limit_of_the_cgroups_counts, memory_files) {
  say("proc/self/cgroup", "0::/system.slice/cfgd.service\n");
  say("cgroup/system.slice/cfgd.service/memory.high", "max\n");
  say("cgroup/system.slice/cfgd.service/memory.max", bytes(1000) + "\n");
  say("cgroup/system.slice/memory.max", bytes(400) + "\n");

  say_resident(299);
  BOOST_TEST((look().what == state::healthy));
  BOOST_TEST(look().details.at("limitFrom").as_string().ends_with("system.slice/memory.max"));
  say_resident(300);
  BOOST_TEST((look().what == state::warning));
  say_resident(390);
  auto const found = look();
  BOOST_TEST((found.what == state::critical));
  BOOST_TEST(found.message.starts_with("the service uses 97 % of its limit of"));
}

BOOST_FIXTURE_TEST_CASE(version_one_of_cgroups_is_read_too, memory_files) {
  say("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/a\n0::/b\n");
  say("cgroup/memory/a/memory.limit_in_bytes", bytes(100) + "\n");
  say("cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  say_resident(80);

  BOOST_TEST((look().what == state::warning));
}

BOOST_FIXTURE_TEST_CASE(tasks_that_wait_for_memory_are_a_warning, memory_files) {
  say_resident(1);
  say("proc/pressure/memory", "some avg10=80.00 avg60=12.50 avg300=1.00 total=1\n"
                              "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");

  BOOST_TEST((look(10).what == state::warning));
  BOOST_TEST((look(13).what == state::healthy));
  BOOST_TEST(look().details.at("pressure60").as_double() == 12.5);
}

BOOST_AUTO_TEST_CASE(the_real_kernel_shows_memory) {
  auto const found = look_at_memory({}, {101, 101}, 101);

  BOOST_TEST((found.what == state::healthy));
  BOOST_TEST(found.details.at("residentBytes").to_number<std::uint64_t>() > 1024U * 1024U);
}

BOOST_AUTO_TEST_CASE(directories_are_absent_readable_or_refused) {
  test::temporary_directory const directory;
  std::set<std::string> seen;
  std::vector<std::filesystem::path> const all{directory / "none", directory / "good",
                                               directory / "open"};
  std::filesystem::create_directories(directory / "good");
  std::filesystem::create_directories(directory / "open");
  ::chmod((directory / "open").c_str(), 0777);

  auto const found = look_at_directories(all, ::geteuid(), seen);

  auto const& directories = found.details.at("directories").as_object();
  BOOST_TEST(directories.at((directory / "none").string()).as_string() == "absent");
  BOOST_TEST(directories.at((directory / "good").string()).as_string() == "readable");
  BOOST_TEST(directories.at((directory / "open").string()).as_string() == "refused");
  BOOST_TEST((found.what == state::warning));
  BOOST_TEST(found.message.find("mode 0777 lets others write it; run: chmod go-w ") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_directory_that_has_disappeared_is_a_warning) {
  test::temporary_directory const directory;
  std::set<std::string> seen;
  std::filesystem::create_directories(directory / "a");
  BOOST_TEST((look_at_directories({directory / "a"}, ::geteuid(), seen).what == state::healthy));

  std::filesystem::remove(directory / "a");
  auto const found = look_at_directories({directory / "a"}, ::geteuid(), seen);

  BOOST_TEST((found.what == state::warning));
  BOOST_TEST(found.message == "'" + (directory / "a").string() + "' is gone");
}

BOOST_AUTO_TEST_CASE(the_kernel_reports_a_new_file) {
  test::temporary_directory const directory;

  auto const found = try_events(directory / "probe", 20s, 20s);

  BOOST_TEST((found.what == state::healthy));
  BOOST_TEST(std::filesystem::is_empty(directory / "probe"));
  BOOST_TEST((try_events(directory / "probe", 0ms, 20s).what == state::warning));
}

BOOST_AUTO_TEST_CASE(no_instance_of_inotify_is_a_warning) {
  test::temporary_directory const directory;
  constexpr int no_namespace = 77;

  // The limit of a user namespace is nobody else's (user_namespaces(7)).
  test::child_process child([&](int) {
    if (::unshare(CLONE_NEWUSER) != 0) return no_namespace;
    std::ofstream limit("/proc/sys/user/max_inotify_instances");
    if (!(limit << 0 << std::flush)) return no_namespace;
    auto const found = try_events(directory / "probe", 20s, 20s);
    bool const named =
        found.message.find("inotify_init1: Too many open files") != std::string::npos;
    return found.what == state::warning && named ? 0 : 1;
  });

  int const status = child.wait();
  if (status == no_namespace)
    BOOST_TEST_MESSAGE("skipped: no user namespace can be made here");
  else
    BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(a_store_that_is_slow_or_full_is_reported) {
  settings const how;
  store::probe_report seen{.written = 20ms, .read = 1ms, .live_bytes = 10, .maximum_bytes = 100};
  BOOST_TEST((evaluate_store(seen, how).what == state::healthy));
  BOOST_TEST(evaluate_store(seen, how).message == "written and read back within 21 ms");

  seen.written = 99ms;
  BOOST_TEST((evaluate_store(seen, how).what == state::warning));
  seen.written = 1s;
  BOOST_TEST((evaluate_store(seen, how).what == state::critical));

  seen.written = 1ms;
  seen.live_bytes = 80;
  BOOST_TEST((evaluate_store(seen, how).what == state::warning));
  seen.live_bytes = 95;
  BOOST_TEST((evaluate_store(seen, how).what == state::critical));

  error const why{.code = errc::store_failed, .message = "no space"};
  BOOST_TEST((evaluate_store(why, how).what == state::critical));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
