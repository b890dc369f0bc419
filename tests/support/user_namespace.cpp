#include "tests/support/user_namespace.hpp"

#include <boost/test/framework.hpp>
#include <boost/test/tree/test_unit.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

namespace cfgd::test {
namespace {

constexpr char const* mark = "CFGD_TEST_IN_USER_NAMESPACE";
constexpr int not_allowed = 77;
constexpr int not_started = 78;

bool write_whole(char const* path, char const* text) {
  int const fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  auto const size = std::strlen(text);
  bool const whole = ::write(fd, text, size) == static_cast<ssize_t>(size);
  ::close(fd);
  return whole;
}

/// In the child: user_namespaces(7) has why in this order. Root stays root, so that the owners of
/// files are those that the tests expect.
[[noreturn]] void run_again(std::string const& selection) {
  if (::unshare(CLONE_NEWUSER) != 0 || !write_whole("/proc/self/setgroups", "deny") ||
      !write_whole("/proc/self/uid_map", "0 0 1") || !write_whole("/proc/self/gid_map", "0 0 1"))
    ::_exit(not_allowed);
  ::setenv(mark, "1", 1);
  ::execl("/proc/self/exe", "tests", selection.c_str(), static_cast<char*>(nullptr));
  ::_exit(not_started);
}

} // namespace

bool enter_user_namespace() {
  if (std::getenv(mark) != nullptr) return true;
  auto const selection =
      "--run_test=" + boost::unit_test::framework::current_test_case().full_name();
  int status = not_allowed << 8;
  if (::geteuid() == 0) {
    pid_t const child = ::fork();
    if (child == 0) run_again(selection);
    BOOST_TEST_REQUIRE(child > 0);
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_allowed)
    BOOST_TEST_MESSAGE("skipped: needs root and a user namespace");
  else
    BOOST_TEST(status == 0, "in a user namespace, " << selection << " failed");
  return false;
}

void set_namespace_limit(char const* name, int value) {
  auto const path = std::string("/proc/sys/user/") + name;
  if (!write_whole(path.c_str(), std::to_string(value).c_str()))
    throw std::runtime_error("cannot write " + path);
}

} // namespace cfgd::test
