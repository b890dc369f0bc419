/// Programs that cfgctl runs for the user.
///
/// cfgctl ignores SIGPIPE, the program must not. The terminal sends its signals to both; of a
/// program in the foreground this process ignores them while it runs, as system(3) does.
///
/// posix_spawn(3) cannot bind a program to the life of this process (PR_SET_PDEATHSIG), so programs
/// in the background are forked. Nothing else runs here: there is one thread.

#include "cfgctl/programs.hpp"

#include "core/durable_file.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
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

/// The rest of the way to exec(3), in the child.
void become(program_start const& what, pid_t parent) {
  if (what.bond == program_bond::supervised) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(127); // it ended before that
  }
  if (what.group == program_group::own) ::setpgid(0, 0);
  if (what.input >= 0) ::dup2(what.input, STDIN_FILENO);
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

} // namespace

pid_t start_program(program_start const& what) {
  std::vector<std::string> words = what.arguments;
  std::vector<std::string> settings = environment_with(what.environment);
  auto const word_pointers = pointers_to(words);
  auto const setting_pointers = pointers_to(settings);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return -errno;
  unique_fd const failure(ends[0]);
  unique_fd writing_end(ends[1]);

  pid_t const parent = ::getpid();
  pid_t const child = ::fork();
  if (child < 0) return -errno;
  if (child == 0) {
    become(what, parent);
    ::execvpe(word_pointers.front(), word_pointers.data(), setting_pointers.data());
    int const why = errno;
    (void)!::write(writing_end.get(), &why, sizeof why);
    ::_exit(127);
  }
  writing_end.reset();
  int why = 0;
  ssize_t got = 0;
  do {
    got = ::read(failure.get(), &why, sizeof why); // at its end, exec has closed the other one
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return child;
  wait_for(child);
  return -why;
}

int replace_process(std::vector<std::string> const& arguments,
                    std::vector<std::string> const& environment) {
  std::vector<std::string> words = arguments;
  std::vector<std::string> settings = environment_with(environment);
  auto const word_pointers = pointers_to(words);
  auto const setting_pointers = pointers_to(settings);
  ::signal(SIGPIPE, SIG_DFL);
  ::execvpe(word_pointers.front(), word_pointers.data(), setting_pointers.data());
  return errno;
}

unique_fd file_in_memory(std::string_view text) {
  unique_fd file(::memfd_create("cfgctl", MFD_CLOEXEC));
  if (!file) throw std::system_error(errno, std::generic_category(), "memfd_create");
  if (int const failed = write_all(file.get(), text); failed != 0)
    throw std::system_error(failed, std::generic_category(), "write");
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
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
