#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

// Tries what the service need not do, and some of what it must. It is run in place of cfgd with
// cfgd's unit, and once without any, and prints "WHAT: allowed" or "WHAT: the error" for each.

namespace {

struct attempt {
  char const* what;
  int (*make)(); ///< 0, or errno
};

int outcome_of(long result) { return result < 0 ? errno : 0; }

int create(char const* path) {
  int const fd = ::open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  ::close(fd);
  ::unlink(path);
  return 0;
}

int list(char const* path) {
  DIR* const opened = ::opendir(path);
  if (opened == nullptr) return errno;
  ::closedir(opened);
  return 0;
}

int open_socket(int family, int type) {
  int const fd = ::socket(family, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  ::close(fd);
  return 0;
}

/// What changes the process is tried in one of its own.
int in_child(int (*make)()) {
  pid_t const child = ::fork();
  if (child < 0) return errno;
  if (child == 0) ::_exit(make());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

int run_a_program() {
  return in_child([] {
    ::execl("/bin/true", "true", nullptr);
    return errno;
  });
}

int make_user_namespace() {
  return in_child([] { return outcome_of(::unshare(CLONE_NEWUSER)); });
}

int mount_something() {
  int const result = outcome_of(::mount("none", "/tmp", "tmpfs", 0, nullptr));
  if (result == 0) ::umount("/tmp");
  return result;
}

int see_other_processes() {
  DIR* const opened = ::opendir("/proc");
  if (opened == nullptr) return errno;
  int others = 0;
  while (dirent const* const entry = ::readdir(opened)) {
    long const pid = std::strtol(entry->d_name, nullptr, 10);
    if (pid > 0 && pid != ::getpid()) ++others;
  }
  ::closedir(opened);
  return others == 0 ? ENOENT : 0;
}

int make_code() {
  void* const memory =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? errno : 0;
}

int make_setuid_file() {
  std::string const path = "/var/lib/cfgd/probe-setuid";
  int const fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return 0; // not what was to be tried: shows up as allowed
  int const result = outcome_of(::fchmod(fd, 04755));
  ::close(fd);
  ::unlink(path.c_str());
  return result;
}

int reach_the_journal() {
  int const fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(static_cast<char*>(address.sun_path), "/run/systemd/journal/socket");
  return outcome_of(::connect(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address));
}

constexpr std::array attempts{
    attempt{"write below /etc", [] { return create("/etc/cfgd-probe"); }},
    attempt{"write below /etc/cfgd", [] { return create("/etc/cfgd/namespaces/probe.json"); }},
    attempt{"write below /usr", [] { return create("/usr/cfgd-probe"); }},
    attempt{"write below /run", [] { return create("/run/cfgd/probe"); }},
    attempt{"write below /var", [] { return create("/var/lib/cfgd-probe"); }},
    attempt{"read /root", [] { return list("/root"); }},
    attempt{"read /home", [] { return list("/home"); }},
    attempt{"read kernel settings", [] { return list("/proc/sys/kernel"); }},
    attempt{"see other processes", see_other_processes},
    attempt{"IPv4", [] { return open_socket(AF_INET, SOCK_STREAM); }},
    attempt{"IPv6", [] { return open_socket(AF_INET6, SOCK_DGRAM); }},
    attempt{"netlink", [] { return open_socket(AF_NETLINK, SOCK_RAW); }},
    attempt{"run a program", run_a_program},
    attempt{"make code in memory", make_code},
    attempt{"make a setuid file", make_setuid_file},
    attempt{"a user namespace", make_user_namespace},
    attempt{"mount", mount_something},
    attempt{"become root", [] { return outcome_of(::setuid(0)); }},
    // What it needs.
    attempt{"write the state", [] { return create("/var/lib/cfgd/probe"); }},
    attempt{"read the sources", [] { return list("/etc/cfgd/namespaces"); }},
    attempt{"reach the journal", reach_the_journal},
};

} // namespace

int main() {
  for (auto const& one : attempts) {
    int const result = one.make();
    std::printf("%s: %s\n", one.what, result == 0 ? "allowed" : std::strerror(result));
    std::fflush(stdout);
  }
}
