/// Runs a program with pipes. posix_spawn(3), because the test itself may have threads.

#include "tests/support/program_run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

namespace cfgd::test {
namespace {

constexpr int time_limit_ms = 120'000;

[[noreturn]] void broken(char const* call, int number) {
  throw std::system_error(number, std::generic_category(), call);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts)
    out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// Reads what is there. False at the end.
bool read_some(int descriptor, std::string& into) {
  std::array<char, 65536> room{};
  ssize_t const got = ::read(descriptor, room.data(), room.size());
  if (got < 0) broken("read", errno);
  into.append(room.data(), static_cast<std::size_t>(got));
  return got > 0;
}

} // namespace

program_run::program_run(std::filesystem::path const& program,
                         std::vector<std::string> const& arguments,
                         std::vector<std::string> const& environment) {
  std::vector<std::string> argument_texts{program.native()};
  argument_texts.insert(argument_texts.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment_texts = environment;

  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) {
    broken("pipe2", errno);
  }
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  int const failed =
      ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, pointers(argument_texts).data(),
                    pointers(environment_texts).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(out[1]);
  ::close(err[1]);
  out_pipe_ = out[0];
  err_pipe_ = err[0];
  if (failed != 0) {
    ::close(out_pipe_);
    ::close(err_pipe_);
    broken("posix_spawn", failed);
  }
}

program_run::~program_run() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  close_output();
  if (err_pipe_ >= 0) ::close(err_pipe_);
}

void program_run::read_until(std::function<bool()> const& enough) {
  while (!enough()) {
    std::array<pollfd, 2> what{pollfd{.fd = out_pipe_, .events = POLLIN, .revents = 0},
                               pollfd{.fd = err_pipe_, .events = POLLIN, .revents = 0}};
    int const ready = ::poll(what.data(), what.size(), time_limit_ms);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      throw std::runtime_error("nothing came in time; so far: " + out_ + "\nerrors: " + err_);
    }
    if (what[0].revents != 0 && !read_some(out_pipe_, out_)) close_output();
    if (what[1].revents != 0 && !read_some(err_pipe_, err_)) {
      ::close(err_pipe_);
      err_pipe_ = -1;
    }
    if (out_pipe_ < 0 && err_pipe_ < 0 && !enough()) {
      throw std::runtime_error("the program ended before; output: " + out_ + "\nerrors: " + err_);
    }
  }
}

void program_run::wait_for_output(std::string_view text) {
  read_until([&] { return out_.find(text) != std::string::npos; });
}

void program_run::wait_for_error(std::string_view text) {
  read_until([&] { return err_.find(text) != std::string::npos; });
}

void program_run::send_signal(int number) const {
  if (::kill(pid_, number) != 0) broken("kill", errno);
}

void program_run::close_output() {
  if (out_pipe_ >= 0) ::close(out_pipe_);
  out_pipe_ = -1;
}

int program_run::finish() {
  read_until([&] { return out_pipe_ < 0 && err_pipe_ < 0; });
  int status = 0;
  if (::waitpid(pid_, &status, 0) < 0) broken("waitpid", errno);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

} // namespace cfgd::test
