/// Programs that cfgctl runs for the user.
///
/// posix_spawn(3) reports at once that there is no such program, and sets the signals. cfgctl
/// ignores SIGPIPE, the program must not. The terminal sends its signals to both; this process
/// ignores them while the program runs, as system(3) does.

#include "cfgctl/programs.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace cfgd::cfgctl {
namespace {

/// Ignores the terminal's signals while it exists.
class signals_ignored {
 public:
  signals_ignored() : interrupt_(::signal(SIGINT, SIG_IGN)), quit_(::signal(SIGQUIT, SIG_IGN)) {}
  ~signals_ignored() {
    ::signal(SIGINT, interrupt_);
    ::signal(SIGQUIT, quit_);
  }
  signals_ignored(signals_ignored const&) = delete;
  signals_ignored& operator=(signals_ignored const&) = delete;

 private:
  void (*interrupt_)(int);
  void (*quit_)(int);
};

std::string editor() {
  for (char const* const name : {"VISUAL", "EDITOR"}) {
    char const* const found = std::getenv(name); // NOLINT(concurrency-mt-unsafe)
    if (found != nullptr && *found != '\0') return found;
  }
  return "vi";
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Pointers to strings as exec(3) takes them.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& one : texts)
    out.push_back(one.data());
  out.push_back(nullptr);
  return out;
}

std::string_view name_of(std::string_view assignment) {
  return assignment.substr(0, assignment.find('='));
}

/// The environment of this process, with `added` replacing variables of the same name.
std::vector<std::string> environment_with(std::vector<std::string> const& added) {
  std::vector<std::string> out = added;
  for (char** one = environ; *one != nullptr; ++one) {
    auto const name = name_of(*one);
    bool const is_replaced =
        std::ranges::any_of(added, [&](auto const& other) { return name_of(other) == name; });
    if (!is_replaced) out.emplace_back(*one);
  }
  return out;
}

} // namespace

pid_t start_program(std::vector<std::string> const& arguments,
                    std::vector<std::string> const& environment, int input) {
  std::vector<std::string> words = arguments;
  std::vector<std::string> settings = environment_with(environment);
  auto const word_pointers = pointers_to(words);
  auto const setting_pointers = pointers_to(settings);

  posix_spawnattr_t how;
  ::posix_spawnattr_init(&how);
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults = none;
  sigaddset(&defaults, SIGPIPE);
  ::posix_spawnattr_setsigdefault(&how, &defaults);
  ::posix_spawnattr_setsigmask(&how, &none);
  ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);

  pid_t child = -1;
  int const failed = ::posix_spawnp(&child, word_pointers.front(), &files, &how,
                                    word_pointers.data(), setting_pointers.data());
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&how);
  return failed != 0 ? -failed : child;
}

int run_program(std::vector<std::string> const& arguments) {
  std::vector<std::string> copies = arguments;
  auto const pointers = pointers_to(copies);

  posix_spawnattr_t how;
  ::posix_spawnattr_init(&how);
  sigset_t defaults;
  sigemptyset(&defaults);
  for (int const number : {SIGINT, SIGQUIT, SIGPIPE})
    sigaddset(&defaults, number);
  ::posix_spawnattr_setsigdefault(&how, &defaults);
  ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);

  signals_ignored const meanwhile;
  pid_t child = -1;
  int const failed =
      ::posix_spawnp(&child, pointers.front(), nullptr, &how, pointers.data(), environ);
  ::posix_spawnattr_destroy(&how);
  if (failed == EAGAIN || failed == ENOMEM) {
    throw std::system_error(failed, std::generic_category(), "posix_spawn");
  }
  return failed != 0 ? 127 : wait_for(child);
}

int run_editor(std::string const& path) {
  std::string const command = editor();
  return run_program({"/bin/sh", "-c", command + " \"$@\"", command, path});
}

} // namespace cfgd::cfgctl
