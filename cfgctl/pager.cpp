/// A pager, as git(1) and systemctl(1) run it.
///
/// LESS=FRX: leave at once what fits on the screen, keep colours, and do not clear the screen.
/// While it runs SIGINT is the pager's; a pager that the user leaves early closes the pipe, which
/// ends this program as `| head` does.

#include "cfgctl/pager.hpp"

#include "cfgctl/programs.hpp"
#include "core/unique_fd.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

namespace cfgd::cfgctl {
namespace {

/// Empty: none.
std::vector<std::string> words_of_pager() {
  char const* const found = std::getenv("PAGER"); // NOLINT(concurrency-mt-unsafe)
  if (found == nullptr) return {"less"};
  std::string const command = found;
  if (command.empty() || command == "cat") return {};
  return {"/bin/sh", "-c", command};
}

/// What the user has set wins.
std::vector<std::string> settings_of_pager() {
  bool const is_set = std::getenv("LESS") != nullptr; // NOLINT(concurrency-mt-unsafe)
  return is_set ? std::vector<std::string>() : std::vector<std::string>{"LESS=FRX"};
}

} // namespace

pager::pager(use wanted) {
  auto const words = words_of_pager();
  std::array<int, 2> ends{};
  if (wanted == use::no || words.empty() || ::pipe2(ends.data(), O_CLOEXEC) != 0) return;
  unique_fd const read_end(ends[0]);
  unique_fd const write_end(ends[1]);
  auto const settings = settings_of_pager();
  running_ = start_program({.arguments = words, .environment = settings, .input = read_end.get()});
  if (running_ < 0) return; // printed as it is
  ::signal(SIGINT, SIG_IGN);
  ::dup2(write_end.get(), STDOUT_FILENO);
}

pager::~pager() {
  if (running_ < 0) return;
  ::close(STDOUT_FILENO); // the end of its input
  while (::waitpid(running_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

} // namespace cfgd::cfgctl
