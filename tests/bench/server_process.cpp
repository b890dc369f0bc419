#include "tests/bench/server_process.hpp"

#include "tests/support/temporary_directory.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <system_error>

// Programs are run as they are installed: no library of theirs is linked, no thread reads their
// output while they are measured.

namespace cfgd::bench {
namespace {

constexpr std::chrono::seconds limit{30};
constexpr std::chrono::microseconds between_tries{200};

[[noreturn]] void fail(std::string const& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

} // namespace

server_process::server_process(std::filesystem::path log, std::vector<std::string> command)
    : log_(std::move(log)) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (auto& word : command)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log_.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  started_ = steady::now();
  int const rc =
      ::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), ::environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (rc != 0) throw std::system_error(rc, std::generic_category(), "spawn " + command[0]);
}

server_process::~server_process() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void server_process::check_alive() {
  if (::waitpid(pid_, nullptr, WNOHANG) == 0) return;
  pid_ = -1;
  throw std::runtime_error("a server has ended; it logged:\n" + test::read_file(log_));
}

void server_process::stop() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

memory_use memory_of(pid_t pid) {
  memory_use found;
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  while (in >> word) {
    std::size_t kibibytes = 0;
    if (word == "VmRSS:" && in >> kibibytes) found.resident = kibibytes * 1024;
    if (word == "RssAnon:" && in >> kibibytes) found.anonymous = kibibytes * 1024;
  }
  return found;
}

int try_connect(std::filesystem::path const& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.native().size() >= sizeof address.sun_path)
    throw std::runtime_error("too long for a socket: " + socket.string());
  std::memcpy(address.sun_path, socket.c_str(), socket.native().size());
  int const made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) fail("socket");
  if (::connect(made, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0)
    return made;
  int const code = errno;
  ::close(made);
  errno = code;
  if (code != ENOENT && code != ECONNREFUSED) fail("connect " + socket.string());
  return -1;
}

int connect(std::filesystem::path const& socket, server_process& server) {
  auto const end = steady::now() + limit;
  while (steady::now() < end) {
    if (int const made = try_connect(socket); made >= 0) return made;
    server.check_alive();
    pause(between_tries);
  }
  throw std::runtime_error("nobody listens at " + socket.string());
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t const count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string receive_until(int socket, char end) {
  std::string text;
  std::array<char, 64 * 1024> buffer{};
  for (;;) {
    pollfd waiting{.fd = socket, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, std::chrono::milliseconds(limit).count()) == 0)
      throw std::runtime_error("no answer in time");
    ssize_t const count = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (count < 0) fail("recv");
    if (count == 0) throw std::runtime_error("a server closed the connection");
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (auto const at = text.find(end); at != text.npos) return text.substr(0, at);
  }
}

void pause(std::chrono::microseconds time) {
  timespec const left{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(time).count()};
  ::ppoll(nullptr, 0, &left, nullptr);
}

} // namespace cfgd::bench
