#include "tests/integration/activated_daemon.hpp"

#include "tests/support/temporary_directory.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

// LISTEN_PID has to be the daemon's own pid, so it is forked here and not spawned.

namespace cfgd::test {
namespace {

constexpr std::chrono::seconds limit{120};
constexpr int first_passed = 3; // sd_listen_fds(3)

void check(bool fine, std::string const& call) {
  if (!fine) throw std::system_error(errno, std::generic_category(), call);
}

/// Never returns. Descriptors are moved out of the way first, then to where they are looked for.
[[noreturn]] void become_daemon(std::vector<activated_daemon::passed> const& sockets,
                                std::string const& root, std::string const& log) {
  int const out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(out, STDERR_FILENO);
  std::vector<int> copies;
  copies.reserve(sockets.size());
  for (auto const& one : sockets)
    copies.push_back(::fcntl(one.descriptor, F_DUPFD_CLOEXEC, 100));
  for (std::size_t index = 0; index < copies.size(); ++index)
    ::dup2(copies[index], first_passed + static_cast<int>(index));
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  ::execl(CFGD_PROGRAM, "cfgd", "--root", root.c_str(), nullptr);
  ::_exit(127);
}

} // namespace

activated_daemon::activated_daemon(std::filesystem::path directory)
    : directory_(std::move(directory)), manager_(directory_ / "notify") {
  std::filesystem::create_directories(directory_ / "root" / "etc" / "namespaces");
}

activated_daemon::~activated_daemon() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  for (int const one : made_)
    ::close(one);
}

int activated_daemon::listening(std::string const& name) {
  int const made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_of(name).native().copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  auto const* const generic = reinterpret_cast<sockaddr const*>(&address); // NOLINT: bind(2)
  check(made >= 0 && ::bind(made, generic, sizeof address) == 0 && ::listen(made, 64) == 0, name);
  made_.push_back(made);
  return made;
}

void activated_daemon::start(std::vector<passed> const& sockets,
                             std::vector<std::string> environment) {
  environment.push_back("NOTIFY_SOCKET=" + manager_.path().string());
  environment.push_back("LISTEN_FDS=" + std::to_string(sockets.size()));
  if (!sockets.empty() && !sockets.front().name.empty()) {
    std::string names = "LISTEN_FDNAMES=";
    for (auto const& one : sockets)
      names.append(names.back() == '=' ? "" : ":").append(one.name);
    environment.push_back(names);
  }
  auto const root = (directory_ / "root").string();
  auto const log = (directory_ / "log").string();
  pid_ = ::fork();
  check(pid_ >= 0, "fork");
  if (pid_ != 0) return;
  for (auto& one : environment)
    ::putenv(one.data());
  become_daemon(sockets, root, log);
}

std::string activated_daemon::wait_for(std::string_view text) {
  auto const end = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < end) {
    auto const message = manager_.receive(limit);
    if (message && message->find(text) != std::string::npos) return *message;
  }
  throw std::runtime_error("cfgd did not tell '" + std::string(text) + "'; it logged:\n" + log());
}

void activated_daemon::send_signal(int number) const { ::kill(pid_, number); }

int activated_daemon::wait() {
  auto const handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  check(handle >= 0, "pidfd_open");
  pollfd ended{.fd = handle, .events = POLLIN, .revents = 0};
  int const count = ::poll(
      &ended, 1,
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(limit).count()));
  ::close(handle);
  if (count != 1) throw std::runtime_error("cfgd does not end; it logged:\n" + log());
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string activated_daemon::log() const { return read_file(directory_ / "log"); }

client::connection activated_daemon::connect(std::filesystem::path const& socket) {
  return client::connection::connect(socket.string(), limit).value();
}

} // namespace cfgd::test
