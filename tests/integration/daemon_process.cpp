#include "tests/integration/daemon_process.hpp"

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

// A thread reads what the daemon logs, so that its pipe is never full. log() reads too: what was
// logged before a reply is in the pipe, but the thread may not have run yet.

namespace cfgd::test {
namespace {

constexpr std::chrono::seconds limit{120};

std::vector<char*> pointers(std::vector<std::string>& list) {
  std::vector<char*> out;
  out.reserve(list.size() + 1);
  for (auto& text : list)
    out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

} // namespace

daemon_process::daemon_process(std::filesystem::path root, daemon_options how)
    : root_(std::move(root)), how_(std::move(how)) {}

daemon_process::~daemon_process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (reader_.joinable()) reader_.join();
}

void daemon_process::spawn() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe2");
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  std::vector<std::string> arguments{CFGD_PROGRAM, "--root", root_.string()};
  arguments.insert(arguments.end(), how_.arguments.begin(), how_.arguments.end());
  std::vector<std::string> environment = how_.environment;
  for (char** one = ::environ; *one != nullptr; ++one)
    environment.emplace_back(*one);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  int const rc = ::posix_spawn(&pid_, CFGD_PROGRAM, &actions, nullptr, pointers(arguments).data(),
                               pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (rc != 0) throw std::system_error(rc, std::generic_category(), "spawn cfgd");

  log_.clear();
  ended_ = false;
  pipe_ = ends[0];
  reader_ = std::thread([this] { drain(); });
}

void daemon_process::drain() {
  for (bool is_over = false; !is_over;) {
    pollfd readable{.fd = pipe_, .events = POLLIN, .revents = 0};
    ::poll(&readable, 1, -1);
    std::lock_guard const locked(mutex_);
    take_lines();
    is_over = ended_;
  }
  ::close(pipe_);
}

void daemon_process::take_lines() {
  std::array<char, 4096> buffer{};
  while (!ended_) {
    ssize_t const got = ::read(pipe_, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) break;
    if (got > 0) log_.append(buffer.data(), static_cast<std::size_t>(got));
    ended_ = got <= 0;
  }
  more_.notify_all();
}

void daemon_process::start() {
  spawn();
  wait_for_socket();
  connect().sync().value();
}

void daemon_process::wait_for_socket() {
  auto const end = std::chrono::steady_clock::now() + limit;
  // A socket file may be there from before; only a connection shows that it is served. The wait
  // between two tries ends early when the daemon says something or ends.
  while (!client::connection::connect(socket().string(), limit)) {
    std::unique_lock locked(mutex_);
    more_.wait_for(locked, std::chrono::milliseconds(5));
    if (ended_ || std::chrono::steady_clock::now() > end)
      throw std::runtime_error("cfgd does not answer; it logged:\n" + log_);
  }
}

int daemon_process::run_to_end() {
  spawn();
  return wait();
}

void daemon_process::send_signal(int number) const {
  if (pid_ <= 0) throw std::logic_error("cfgd does not run"); // kill(-1) is everybody
  ::kill(pid_, number);
}

int daemon_process::stop() {
  send_signal(SIGTERM);
  return wait();
}

void daemon_process::kill() {
  if (pid_ <= 0) return;
  send_signal(SIGKILL);
  wait();
}

int daemon_process::wait() {
  {
    // The log ends when the process does.
    std::unique_lock locked(mutex_);
    if (!more_.wait_for(locked, limit, [&] { return ended_; }))
      throw std::runtime_error("cfgd does not end; it logged:\n" + log_);
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  reader_.join();
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

client::connection daemon_process::connect() const {
  return client::connection::connect(socket().string(), limit).value();
}

std::string daemon_process::wait_for_line(std::string_view text) {
  std::unique_lock locked(mutex_);
  std::size_t at = std::string::npos;
  more_.wait_for(locked, limit, [&] {
    at = log_.find(text);
    return ended_ || at != std::string::npos;
  });
  if (at == std::string::npos)
    throw std::runtime_error("no line with '" + std::string(text) + "'; cfgd logged:\n" + log_);
  std::size_t const begin = log_.rfind('\n', at) + 1;
  return log_.substr(begin, log_.find('\n', at) - begin);
}

std::string daemon_process::log() {
  std::lock_guard const locked(mutex_);
  take_lines();
  return log_;
}

} // namespace cfgd::test
