#include "tests/integration/other_user.hpp"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <system_error>

// The child leaves by _exit: what the test has made is the parent's to clean up.

namespace cfgd::test {
namespace {

constexpr uid_t other = 4242;

} // namespace

bool can_be_other_user() { return ::getuid() == 0; }

bool as_other_user(std::function<bool()> const& act) {
  pid_t const child = ::fork();
  if (child == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(other) != 0 || ::setuid(other) != 0) ::_exit(10);
    try {
      ::_exit(act() ? 0 : 1);
    } catch (std::exception const& broken) {
      std::cerr << broken.what() << std::endl;
      ::_exit(11);
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

stream watch_as_other_user(std::filesystem::path const& socket) {
  // Supplementary groups count too, and are those of root: they hold no right.
  if (::seteuid(other) != 0) throw std::system_error(errno, std::generic_category(), "seteuid");
  stream opened(socket);
  if (::seteuid(0) != 0) throw std::system_error(errno, std::generic_category(), "seteuid");
  opened.send(R"({"method":"io.cfgd.Config.Watch","more":true})");
  while (!opened.parameters().contains("ready")) {
  }
  return opened;
}

} // namespace cfgd::test
