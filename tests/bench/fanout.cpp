#include "ipc/listening_socket.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/servers.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <sys/epoll.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

// One change, and the time until the first and the last of many watchers have it. The clock starts
// before the call is written; the change of cfgd is durable before anybody gets it. The watchers
// are one thread with one epoll set, for all contenders. The loop of write(2) in a process of its
// own is what the kernel alone takes. The watchers of one contender connect for its part of a round
// and leave then: this process has not enough descriptors for ten thousand of each.

namespace cfgd::bench {
namespace {

using microseconds = std::chrono::duration<double, std::micro>;

/// Root has a limit of its own, which no setting changes.
constexpr uid_t one_user = 65'533;
/// Until a server has noticed that its watchers have left.
constexpr std::chrono::milliseconds time_to_leave{300};

/// Sockets that each get one message for a change.
class audience {
 public:
  explicit audience(std::size_t message_marks, char mark)
      : marks_(message_marks), mark_(mark), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}
  ~audience() {
    leave();
    ::close(epoll_);
  }
  audience(audience const&) = delete;
  audience& operator=(audience const&) = delete;

  void add(int socket) {
    epoll_event what{};
    what.events = EPOLLIN;
    what.data.u64 = sockets_.size();
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &what) != 0)
      throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    sockets_.push_back(socket);
    due_.push_back(0);
  }
  void leave() {
    for (int const socket : sockets_)
      ::close(socket);
    sockets_.clear();
    due_.clear();
  }
  std::size_t size() const { return sockets_.size(); }

  /// Waits until each has `marks` of what ends a message; when the first and the last had them.
  std::pair<steady::time_point, steady::time_point> wait_for(std::size_t marks) {
    std::ranges::fill(due_, marks);
    std::pair<steady::time_point, steady::time_point> times;
    for (std::size_t left = size(); left > 0;) {
      std::array<epoll_event, 256> events{};
      int const count = ::epoll_wait(epoll_, events.data(), events.size(), 30'000);
      if (count == 0) throw std::runtime_error("a watcher was forgotten");
      for (int index = 0; index < count; ++index) {
        if (!read_from(events[static_cast<std::size_t>(index)].data.u64)) continue;
        times.second = steady::now();
        if (left-- == size()) times.first = times.second;
      }
    }
    return times;
  }
  std::pair<steady::time_point, steady::time_point> wait_for_change() { return wait_for(marks_); }

 private:
  /// Whether it has the whole message now.
  bool read_from(std::size_t index) {
    ssize_t const count = ::recv(sockets_[index], buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (count <= 0) throw std::runtime_error("a server closed a watcher");
    auto const got = static_cast<std::size_t>(
        std::count(buffer_.data(), buffer_.data() + count, mark_)); // NOLINT: an array of bytes
    if (got > due_[index]) throw std::runtime_error("more than one message for a change");
    due_[index] -= got;
    return got > 0 && due_[index] == 0;
  }

  std::size_t marks_;
  char mark_;
  int epoll_;
  std::vector<int> sockets_;
  std::vector<std::size_t> due_;
  std::array<char, 64 * 1024> buffer_{};
};

/// Connects as somebody else, where this process may do that: one user has not enough connections.
int connect_as(uid_t who, std::filesystem::path const& socket) {
  bool const is_other = ::seteuid(who) == 0;
  ::setfsuid(::getuid()); // the directory is ours
  int const made = try_connect(socket);
  if (is_other && ::seteuid(::getuid()) != 0)
    throw std::system_error(errno, std::generic_category(), "seteuid");
  if (made < 0) throw std::runtime_error("nobody listens at " + socket.string());
  return made;
}

/// What all contenders have: somebody who publishes, and those who wait for it.
class contest {
 public:
  contest(std::size_t watchers, std::size_t message_marks, char mark)
      : all_(message_marks, mark), watchers_(watchers) {}
  virtual ~contest() {
    if (publisher_ >= 0) ::close(publisher_);
  }
  contest(contest const&) = delete;
  contest& operator=(contest const&) = delete;

  /// The medians of the changes of one round: p50 of the last watcher, p99 of the first one.
  figures round(std::chrono::milliseconds length) {
    for (std::size_t count = 0; count < watchers_; ++count)
      all_.add(join());
    all_joined();
    std::vector<double> last_of;
    std::vector<double> first_of;
    auto const end = steady::now() + length;
    do {
      auto const call = next_call();
      auto const before = steady::now();
      send_all(publisher_, call);
      auto const [first, last] = all_.wait_for_change();
      check_answer();
      first_of.push_back(microseconds(first - before).count());
      last_of.push_back(microseconds(last - before).count());
    } while (steady::now() < end);
    all_.leave();
    left();
    pause(time_to_leave);
    return {.per_second = 0, .p50 = median(last_of), .p99 = median(first_of)};
  }

 protected:
  /// A socket of one more watcher.
  virtual int join() = 0;
  virtual void all_joined() {}
  virtual void left() {}
  virtual std::string next_call() = 0;
  /// Throws if the change was not made.
  virtual void check_answer() {}

  audience all_;
  int publisher_ = -1;
  std::size_t watchers_;
};

class watched_cfgd final : public contest {
 public:
  watched_cfgd(options const& how, std::filesystem::path const& directory)
      : contest(how.subscribers, 1, '\0'),
        server_(how.cfgd, directory / "root",
                "[clients]\nconnections = 11000\nconnections_per_user = 11000\n"
                "connections_per_second = 100000\n") {
    write_sources(server_);
    server_.start();
    publisher_ = connect(server_.socket(), server_.process());
  }

 private:
  int join() override {
    using namespace std::string_view_literals;
    int const socket = ::getuid() == 0 ? connect_as(one_user, server_.socket())
                                       : connect(server_.socket(), server_.process());
    send_all(socket, "{\"method\":\"io.cfgd.Config.Watch\",\"more\":true,"
                     "\"parameters\":{\"prefixes\":[\"bench_0.setting_name_001\"]}}\0"sv);
    if (receive_until(socket, '\0').find("\"ready\":true") == std::string::npos)
      throw std::runtime_error("the state did not come in one piece");
    return socket;
  }
  std::string next_call() override {
    return fmt::format(
               R"({{"method":"io.cfgd.Config.Set","parameters":{{"values":{{"{}":"{}"}}}}}})",
               key_text(1), value_text(++values_)) +
           '\0';
  }
  void check_answer() override {
    if (receive_until(publisher_, '\0').find(key_text(1)) == std::string::npos)
      throw std::runtime_error("the change was not made");
  }

  cfgd_server server_;
  std::size_t values_ = key_count;
};

class watched_redis final : public contest {
 public:
  watched_redis(options const& how, std::filesystem::path const& directory)
      : contest(how.subscribers, 7, '\n'), path_(directory / "socket"),
        server_(directory, redis_server::durability::none) {
    publisher_ = try_connect(path_);
  }

 private:
  int join() override {
    int const socket = try_connect(path_);
    if (socket < 0) throw std::runtime_error("redis-server takes no more connections");
    send_all(socket, "*2\r\n$9\r\nSUBSCRIBE\r\n$3\r\nfan\r\n");
    return socket;
  }
  void all_joined() override { all_.wait_for(6); }
  std::string next_call() override {
    auto const value = value_text(++values_);
    return fmt::format("*3\r\n$7\r\nPUBLISH\r\n$3\r\nfan\r\n${}\r\n{}\r\n", value.size(), value);
  }
  void check_answer() override {
    if (receive_until(publisher_, '\n') != fmt::format(":{}\r", all_.size()))
      throw std::runtime_error("the message was not published to all");
  }

  std::filesystem::path path_;
  redis_server server_;
  std::size_t values_ = 0;
};

/// A process that does what single bytes say: it accepts one connection, writes the same message to
/// all of them, or closes them.
class write_loop final : public contest {
 public:
  write_loop(options const& how, std::filesystem::path const& path)
      : contest(how.subscribers, 1, '\0'), path_(path) {
    std::array<int, 2> both{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both.data()) != 0)
      throw std::system_error(errno, std::generic_category(), "socketpair");
    publisher_ = both[0];
    auto listening = ipc::listening_socket::make(path, 0600);
    if (!listening) throw std::runtime_error("nobody can listen at " + path.string());
    auto const socket = listening->take();
    process_ =
        std::make_unique<test::child_process>([&](int) { return serve(both[1], socket.get()); });
    ::close(both[1]);
  }

 private:
  int join() override {
    int const socket = try_connect(path_);
    if (socket < 0) throw std::runtime_error("nobody listens at " + path_.string());
    send_all(publisher_, "a");
    return socket;
  }
  void left() override { send_all(publisher_, "c"); }
  std::string next_call() override { return "w"; }

  static int serve(int orders, int listening) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::string const message(255, 'x'); // about as long as cfgd's, with the NUL
    std::vector<int> ends;
    for (char byte = 0; ::recv(orders, &byte, 1, 0) == 1;) {
      if (byte == 'a') ends.push_back(::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC));
      if (byte == 'w')
        for (int const end : ends)
          send_all(end, std::string_view(message.c_str(), message.size() + 1));
      if (byte != 'c') continue;
      for (int const end : ends)
        ::close(end);
      ends.clear();
    }
    return 0;
  }

  std::filesystem::path path_;
  std::unique_ptr<test::child_process> process_;
};

} // namespace

void fanout(options const& how) {
  rlimit descriptors{};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = descriptors.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &descriptors);

  test::temporary_directory const directory;
  write_loop loop(how, directory / "loop");
  watched_cfgd cfgd(how, directory / "cfgd");
  std::unique_ptr<watched_redis> redis;
  if (redis_server::is_installed())
    redis = std::make_unique<watched_redis>(how, directory / "redis");
  else
    fmt::print("redis-server is not installed\n");

  std::vector<contender> all{{"cfgd, durable", [&] { return cfgd.round(how.time / 2); }},
                             {"a loop of write(2)", [&] { return loop.round(how.time / 2); }}};
  if (redis) all.push_back({"redis", [&] { return redis->round(how.time / 2); }});

  auto const rounds = alternate(all, how.rounds);
  table out({fmt::format("one change to {} watchers", how.subscribers), "first us", "last us",
             "last x redis", "goal"});
  for (std::size_t number = 0; number < all.size(); ++number) {
    auto const ratio =
        redis ? fixed(ratio_of(rounds[number], rounds.back(), &figures::p50), 2) : "-";
    out.add({all[number].name, fixed(median_of(rounds[number], &figures::p99), 0),
             fixed(median_of(rounds[number], &figures::p50), 0), ratio,
             number == 0 ? "<= 0.8 x redis" : ""});
  }
  fmt::print("{}\n", out.text());
}

} // namespace cfgd::bench
