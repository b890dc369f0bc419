#include "apply/program.hpp"

#include "core/unique_fd.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>
#include <utility>

// The end of the output is not waited for: a daemon that the program has started may keep it open.
// What has been written when the program ends is read; then its group is killed.

namespace cfgd::apply {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t most_output = 64UL * 1024;
constexpr std::size_t most_lines = 5;
constexpr std::size_t most_bytes = 800; ///< cfgd keeps 1024 of a failure

/// The last lines, without empty ones at the end.
std::string last_lines(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.remove_suffix(1);
  std::size_t begin = text.size();
  for (std::size_t lines = 0; lines < most_lines && begin != 0 && begin != text.npos; ++lines)
    begin = begin == 0 ? 0 : text.rfind('\n', begin - 1);
  auto tail = begin == text.npos || begin == 0 ? text : text.substr(begin + 1);
  if (tail.size() > most_bytes) tail.remove_prefix(tail.size() - most_bytes);
  // Not within a character.
  while (!tail.empty() && (static_cast<unsigned char>(tail.front()) & 0xC0U) == 0x80U)
    tail.remove_prefix(1);
  return std::string(tail);
}

struct pipe_ends {
  unique_fd out;
  unique_fd in;
};

pipe_ends make_pipe() {
  std::array<int, 2> both{-1, -1};
  if (::pipe2(both.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  ::fcntl(both[0], F_SETFL, O_NONBLOCK); // this end alone: a program does not expect EAGAIN
  return {unique_fd(both[0]), unique_fd(both[1])};
}

/// A program that runs, and its output so far.
class run {
 public:
  run(std::vector<std::string> const& words, int output) {
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (auto const& word : words)
      arguments.push_back(const_cast<char*>(word.c_str())); // NOLINT: posix_spawn(3) does not write
    arguments.push_back(nullptr);
    std::array<char const*, 3> const environment{
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
        nullptr};
    posix_spawnattr_t how;
    ::posix_spawnattr_init(&how);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&how, &none);
    ::posix_spawnattr_setsigdefault(&how, &all);
    ::posix_spawnattr_setpgroup(&how, 0);
    ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                         POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
    failed_ = ::posix_spawnp(&child_, arguments.front(), &files, &how, arguments.data(),
                             const_cast<char**>(environment.data())); // NOLINT: as above
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&how);
  }
  ~run() {
    if (failed_ != 0 || reaped_) return;
    ::kill(-child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  run(run const&) = delete;
  run& operator=(run const&) = delete;

  int failed() const { return failed_; }

  /// Waits for its end. False: it took too long.
  bool finish(int output, clock::time_point end) {
    // pidfd_open(3) of glibc 2.36 cannot be linked from C++.
    unique_fd const ended(static_cast<int>(::syscall(SYS_pidfd_open, child_, 0)));
    if (!ended) throw std::system_error(errno, std::generic_category(), "pidfd_open");
    std::array<pollfd, 2> ready{pollfd{.fd = ended.get(), .events = POLLIN, .revents = 0},
                                pollfd{.fd = output, .events = POLLIN, .revents = 0}};
    while (ready[0].revents == 0) {
      auto const left = std::chrono::ceil<std::chrono::milliseconds>(end - clock::now()).count();
      if (left <= 0) return false;
      ::poll(ready.data(), ready.size(), static_cast<int>(left));
      take(output);
      if (closed_) ready[1].fd = -1;
    }
    // Before it is reaped: until then the number of its group is not another's.
    ::kill(-child_, SIGKILL);
    ::waitpid(child_, &status_, 0);
    reaped_ = true;
    take(output);
    return true;
  }

  int status() const { return status_; }
  std::string const& text() const { return text_; }

 private:
  /// What is there, but not for ever: a program may write faster than it is read.
  void take(int output) {
    std::array<char, 4096> part{};
    for (std::size_t taken = 0; taken < most_output;) {
      ssize_t const got = ::read(output, part.data(), part.size());
      if (got < 0 && errno == EINTR) continue;
      if (got == 0) closed_ = true;
      if (got <= 0) return;
      taken += static_cast<std::size_t>(got);
      text_.append(part.data(), static_cast<std::size_t>(got));
      if (text_.size() > 2 * most_output) text_.erase(0, text_.size() - most_output);
    }
  }

  pid_t child_ = -1;
  int failed_ = 0;
  int status_ = 0;
  bool reaped_ = false;
  bool closed_ = false;
  std::string text_;
};

error failure(std::string what, std::string_view output) {
  if (auto const tail = last_lines(output); !tail.empty()) what.append("\n").append(tail);
  return {.code = errc::invalid, .message = std::move(what)};
}

} // namespace

result<std::string> output_of(std::vector<std::string> words, std::chrono::milliseconds limit,
                              std::optional<user> const& as) {
  auto const name = words.front();
  // posix_spawn(3) cannot change the user, and fork(2) would copy the tables of a large process.
  if (as && ::geteuid() == 0 && as->uid != 0)
    words.insert(words.begin(),
                 {"setpriv", "--reuid=" + std::to_string(as->uid),
                  "--regid=" + std::to_string(as->gid), "--init-groups", "--no-new-privs", "--"});
  auto ends = make_pipe();
  run program(words, ends.in.get());
  ends.in.reset();
  if (program.failed() != 0)
    return failure(
        "cannot run '" + name + "': " + std::generic_category().message(program.failed()), {});
  if (!program.finish(ends.out.get(), clock::now() + limit))
    return failure("'" + name + "' did not end within " +
                       std::to_string(std::chrono::ceil<std::chrono::seconds>(limit).count()) +
                       " s and was killed",
                   program.text());
  int const status = program.status();
  if (WIFSIGNALED(status))
    return failure("'" + name + "' was ended by signal " + std::to_string(WTERMSIG(status)),
                   program.text());
  if (WEXITSTATUS(status) != 0)
    return failure("'" + name + "' ended with " + std::to_string(WEXITSTATUS(status)),
                   program.text());
  return program.text();
}

result<void> run_program(std::vector<std::string> words, std::chrono::milliseconds limit,
                         std::optional<user> const& as) {
  auto const done = output_of(std::move(words), limit, as);
  if (!done) return done.error();
  return {};
}

} // namespace cfgd::apply
