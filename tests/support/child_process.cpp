#include "tests/support/child_process.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iterator>
#include <system_error>

namespace cfgd::test {

namespace {

constexpr std::chrono::seconds longest_thread{10};

/// A thread that runs while the process is forked may hold a lock of the allocator, which nobody
/// releases in the child. Those of a store (its copies) end soon; others are waited for in vain.
void wait_for_threads() {
  auto const end = std::chrono::steady_clock::now() + longest_thread;
  auto const count = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
  };
  while (count() > 1 && std::chrono::steady_clock::now() < end)
    ::poll(nullptr, 0, 1); // for others
}

} // namespace

child_process::child_process(std::function<int(int out)> const& work) {
  wait_for_threads();
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) {
    ::close(ends[0]);
    int status = 99;
    try {
      status = work(ends[1]);
    } catch (std::exception const& failure) {
      std::fprintf(stderr, "child: %s\n", failure.what());
    }
    ::_exit(status);
  }
  ::close(ends[1]);
  in_ = ends[0];
}

child_process::~child_process() {
  if (status_ < 0) {
    ::kill(pid_, SIGKILL);
    wait();
  }
  ::close(in_);
}

std::string child_process::read(std::size_t bytes) {
  std::string all;
  std::array<char, 4096> buffer{};
  while (all.size() < bytes) {
    auto const got = ::read(in_, buffer.data(), std::min(buffer.size(), bytes - all.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    all.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return all;
}

std::string child_process::read_all() { return read(std::string::npos); }

void child_process::kill(int signal) { ::kill(pid_, signal); }

int child_process::wait() {
  int status = 0;
  while (status_ < 0 && ::waitpid(pid_, &status, 0) == pid_)
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return status_;
}

} // namespace cfgd::test
