#include "tests/system/container.hpp"

#include "tests/support/temporary_directory.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <ostream>
#include <sstream>
#include <system_error>

// systemd-nspawn boots an overlay of / whose upper layer is a tmpfs. Nothing of it can be left
// behind, also when the test is killed:
//
// - The mounts are in a mount namespace of this process, below a tmpfs that covers /run there. They
//   go away with the last process in it.
// - nspawn is the first process of a pid namespace, and killed by the kernel when the test's thread
//   ends (killed itself, it would leave the container running); with it goes all that runs inside.
// - The cgroups are named after the test's pid; empty ones of earlier runs are removed.
//
// The container has a /tmp of its own. It must not be this machine's, which its first systemd would
// empty. Units that this machine has enabled are not started: the boot ends at basic.target, and
// timers are masked. The journal is in memory and takes every line.

namespace cfgd::test {
namespace {

constexpr std::chrono::seconds boot_limit{60};
constexpr char base[] = "/run/cfgd-test";
constexpr char cgroup_prefix[] = "cfgd-system-";

[[noreturn]] void refuse(std::string const& what, int number) {
  std::string const text = what + ": " + std::generic_category().message(number);
  if (number == EPERM || number == EACCES || number == ENODEV || number == ENOSYS ||
      number == EROFS)
    throw container_refused(text);
  throw std::runtime_error(text);
}

void mount_or_throw(char const* type, std::string const& where, std::string const& options) {
  if (::mount(type, where.c_str(), type, 0, options.c_str()) != 0)
    refuse("mount " + std::string(type) + " on " + where, errno);
}

/// Once for the process: later containers find what the first one has made.
void enter_own_mounts() {
  static bool const done = [] {
    if (::geteuid() != 0) throw container_refused("only root can boot a container");
    if (::unshare(CLONE_NEWNS) != 0) refuse("a mount namespace", errno);
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      refuse("private mounts", errno);
    mount_or_throw("tmpfs", "/run", "mode=0755");
    return true;
  }();
  static_cast<void>(done);
}

/// Where systemd and nspawn look for this process's cgroups: version 2 and the named one of
/// version 1, each where it is mounted.
std::vector<std::filesystem::path> own_cgroups() {
  std::filesystem::path const top = "/sys/fs/cgroup";
  std::vector<std::filesystem::path> found;
  std::ifstream list("/proc/self/cgroup");
  for (std::string line; std::getline(list, line);) {
    auto const add = [&](std::string_view prefix, std::filesystem::path const& mounted) {
      if (line.starts_with(prefix))
        found.push_back(mounted /
                        std::filesystem::path(line.substr(prefix.size())).relative_path());
    };
    add("0::", std::filesystem::exists(top / "unified") ? top / "unified" : top);
    if (auto const colon = line.find(':'); colon != std::string::npos)
      add(line.substr(0, colon) + ":name=systemd:", top / "systemd");
  }
  return found;
}

/// Removes a cgroup and those in it; leaves what has processes.
void remove_cgroup(std::filesystem::path const& which) {
  std::error_code ignored;
  for (auto const& entry : std::filesystem::directory_iterator(which, ignored))
    if (entry.is_directory(ignored) && !entry.is_symlink(ignored)) remove_cgroup(entry.path());
  ::rmdir(which.c_str());
}

/// What runs that were killed have left. Those of a run that has just begun are empty too.
void remove_cgroups_of_the_dead(std::filesystem::path const& parent) {
  std::error_code ignored;
  for (auto const& entry : std::filesystem::directory_iterator(parent, ignored)) {
    auto const name = entry.path().filename().string();
    if (!name.starts_with(cgroup_prefix)) continue;
    pid_t const owner = std::atoi(name.c_str() + std::string_view(cgroup_prefix).size());
    if (owner <= 0 || (::kill(owner, 0) != 0 && errno == ESRCH)) remove_cgroup(entry.path());
  }
}

/// The pids of a process's children; needs the kernel's CONFIG_PROC_CHILDREN.
std::vector<pid_t> children_of(pid_t parent) {
  auto const number = std::to_string(parent);
  std::ifstream list("/proc/" + number + "/task/" + number + "/children");
  std::vector<pid_t> found;
  for (pid_t one = 0; list >> one;)
    found.push_back(one);
  return found;
}

pid_t only_child_of(pid_t parent) {
  auto const found = children_of(parent);
  if (found.size() != 1)
    throw std::runtime_error("process " + std::to_string(parent) + " has " +
                             std::to_string(found.size()) + " children");
  return found[0];
}

/// A datagram socket at `path`, for sd_notify(3).
int listen_for_notice(std::string const& path) {
  int const fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
    throw std::system_error(errno, std::generic_category(), "bind " + path);
  return fd;
}

} // namespace

std::ostream& operator<<(std::ostream& out, outcome const& what) {
  return out << "exit code " << what.code << "; output: " << what.out << "; errors: " << what.err;
}

container::container() {
  enter_own_mounts();
  static int count = 0;
  base_ = std::string(base) + std::to_string(count++);
  root_ = base_ / "root";
  for (char const* const name : {"upper", "work", "root"})
    std::filesystem::create_directories(base_ / name);
  mount_or_throw("overlay", root_.string(),
                 "lowerdir=/,upperdir=" + (base_ / "upper").string() +
                     ",workdir=" + (base_ / "work").string());
  prepare_files();
}

void container::prepare_files() const {
  write_file(root_ / "etc/systemd/journald.conf.d/90-test.conf",
             "[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\nRuntimeMaxUse=256M\n");
}

container::~container() {
  try {
    // Not nspawn: it removes what it has made when the container's first process ends.
    if (leader_ > 0) ::kill(leader_, SIGKILL);
    if (nspawn_) nspawn_->finish();
  } catch (std::exception const&) {
    nspawn_.reset(); // killed, and the container with it
  }
  for (auto const& one : cgroups_)
    remove_cgroup(one);
  ::umount2(root_.c_str(), MNT_DETACH);
}

void container::enter_cgroups() {
  for (auto const& parent : own_cgroups()) {
    remove_cgroups_of_the_dead(parent);
    auto const own =
        parent / (cgroup_prefix + std::to_string(::getpid()) + '-' + base_.filename().string());
    if (::mkdir(own.c_str(), 0755) != 0 && errno != EEXIST) refuse(own.string(), errno);
    cgroups_.push_back(own);
  }
}

void container::boot() {
  enter_cgroups();
  auto const notice = (base_ / "notice").string();
  int const socket = listen_for_notice(notice);
  // With --kill-child and what setpriv asks for, each kills the next when it ends before it.
  // Unshare keeps descriptor 3 to its end, and so that end can be seen.
  std::string const script =
      "for group; do echo 0 >\"$group/cgroup.procs\" || exit; done\n"
      "exec unshare --mount --pid --fork --kill-child --mount-proc"
      " systemd-nspawn --directory=\"$ROOT\" --machine=cfgd --boot --register=no --keep-unit"
      " --private-network --link-journal=no --settings=no --resolv-conf=off --timezone=off"
      " --console=pipe --notify-ready=yes systemd.unit=basic.target systemd.mask=timers.target"
      " </dev/null 3>&1 >\"$CONSOLE\" 2>&1\n";
  std::vector<std::string> arguments{"--pdeathsig", "KILL", "--", "/bin/sh", "-c", script, "boot"};
  for (auto const& group : cgroups_)
    arguments.push_back(group.string());
  nspawn_ = std::make_unique<program_run>(
      "/usr/bin/setpriv", arguments,
      std::vector<std::string>{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "ROOT=" + root_.string(),
                               "CONSOLE=" + (base_ / "console").string(),
                               "NOTIFY_SOCKET=" + notice});
  wait_for_ready(socket);
  ::close(socket);
  leader_ = children_of(only_child_of(nspawn_->pid())).at(0);
}

void container::wait_for_ready(int socket) {
  auto const end = std::chrono::steady_clock::now() + boot_limit;
  std::array<pollfd, 2> waiting{pollfd{.fd = socket, .events = POLLIN, .revents = 0},
                                pollfd{.fd = nspawn_->output(), .events = POLLIN, .revents = 0}};
  for (;;) {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    int const ready = ::poll(waiting.data(), waiting.size(),
                             static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready == 0) throw std::runtime_error("the container does not boot: " + console());
    if (waiting[0].revents != 0) {
      std::array<char, 4096> text{};
      ssize_t const got = ::recv(socket, text.data(), text.size(), 0);
      if (got > 0 && std::string_view(text.data(), static_cast<std::size_t>(got)).find("READY=1") !=
                         std::string_view::npos)
        return;
    } else if (waiting[1].revents != 0) {
      std::string const why = console();
      if (why.find("Operation not permitted") != std::string::npos ||
          why.find("Permission denied") != std::string::npos)
        throw container_refused("systemd-nspawn: " + why);
      throw std::runtime_error("the container does not boot: " + why);
    }
  }
}

std::string container::console() const {
  std::ifstream in(base_ / "console");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::unique_ptr<program_run> container::start(std::vector<std::string> const& command,
                                              std::string_view user) const {
  std::vector<std::string> arguments{"--target", std::to_string(leader_), "--all", "--",
                                     "setpriv",  "--pdeathsig",           "KILL"};
  if (user != "root") {
    std::string const name(user);
    arguments.insert(arguments.end(), {"--reuid", name, "--regid", name, "--init-groups"});
  }
  arguments.emplace_back("--");
  arguments.insert(arguments.end(), command.begin(), command.end());
  return std::make_unique<program_run>(
      "/usr/bin/nsenter", arguments,
      std::vector<std::string>{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                               "LANG=C.UTF-8"});
}

outcome container::run(std::vector<std::string> const& command, std::string_view user) const {
  auto const running = start(command, user);
  int const code = running->finish();
  return {.code = code, .out = running->out(), .err = running->err()};
}

std::string container::must(std::vector<std::string> const& command, std::string_view user) const {
  auto ended = run(command, user);
  if (ended.code == 0) return std::move(ended.out);
  std::ostringstream text;
  for (auto const& word : command)
    text << word << ' ';
  text << "failed: " << ended;
  throw std::runtime_error(text.str());
}

std::filesystem::path container::path(std::string_view inside) const {
  if (leader_ < 0) return root_.string() + std::string(inside);
  return "/proc/" + std::to_string(leader_) + "/root" + std::string(inside);
}

std::vector<std::filesystem::path> container::written() const {
  std::vector<std::filesystem::path> found;
  auto const upper = base_ / "upper";
  for (auto const& entry : std::filesystem::recursive_directory_iterator(upper))
    // A character device stands for what was removed.
    if (!entry.is_character_file()) found.push_back("/" / entry.path().lexically_relative(upper));
  return found;
}

pid_t container::service(std::string_view program) const {
  for (pid_t const one : children_of(leader_)) {
    std::ifstream in("/proc/" + std::to_string(one) + "/comm");
    if (std::string name; std::getline(in, name) && name == program) return one;
  }
  return -1;
}

} // namespace cfgd::test
