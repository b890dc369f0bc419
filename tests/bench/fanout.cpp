#include "tests/bench/bench.hpp"
#include "tests/bench/servers.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <sys/epoll.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
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
// own is what the kernel alone takes.

namespace cfgd::bench {
namespace {

using microseconds = std::chrono::duration<double, std::micro>;

/// Of 1,024 connections some are kept for root and the service's user.
constexpr std::size_t watchers_of_one_user = 990;
constexpr uid_t one_user = 65'533;

/// Sockets that each get one message for a change.
class audience {
 public:
  explicit audience(std::size_t message_marks, char mark)
      : marks_(message_marks), mark_(mark), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}
  ~audience() {
    for (int const socket : sockets_)
      ::close(socket);
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

class watched_cfgd {
 public:
  watched_cfgd(options const& how, std::filesystem::path const& directory, std::size_t watchers)
      : server_(how.cfgd, directory / "root",
                "[clients]\nconnections_per_user = 1024\nconnections_per_second = 100000\n"),
        all_(1, '\0') {
    write_sources(server_);
    server_.start();
    publisher_ = connect(server_.socket(), server_.process());
    using namespace std::string_view_literals;
    for (std::size_t count = 0; count < watchers; ++count) {
      bool const is_other = count < watchers_of_one_user && ::getuid() == 0;
      int const socket = is_other ? connect_as(one_user, server_.socket())
                                  : connect(server_.socket(), server_.process());
      send_all(socket, "{\"method\":\"io.cfgd.Config.Watch\",\"more\":true,"
                       "\"parameters\":{\"prefixes\":[\"bench_0.setting_name_001\"]}}\0"sv);
      if (receive_until(socket, '\0').find("\"ready\":true") == std::string::npos)
        throw std::runtime_error("the state did not come in one piece");
      all_.add(socket);
    }
  }
  ~watched_cfgd() { ::close(publisher_); }
  watched_cfgd(watched_cfgd const&) = delete;
  watched_cfgd& operator=(watched_cfgd const&) = delete;

  figures publish() {
    auto const key = key_text(1);
    std::string call =
        fmt::format(R"({{"method":"io.cfgd.Config.Set","parameters":{{"values":{{"{}":"{}"}}}}}})",
                    key, value_text(++values_));
    call += '\0';
    auto const before = steady::now();
    send_all(publisher_, call);
    auto const [first, last] = all_.wait_for_change();
    if (receive_until(publisher_, '\0').find(key) == std::string::npos)
      throw std::runtime_error("the change was not made");
    return {.per_second = 0,
            .p50 = microseconds(last - before).count(),
            .p99 = microseconds(first - before).count()};
  }

 private:
  cfgd_server server_;
  audience all_;
  int publisher_ = -1;
  std::size_t values_ = key_count;
};

class watched_redis {
 public:
  watched_redis(std::filesystem::path const& directory, std::size_t watchers)
      : server_(directory, redis_server::durability::none), all_(7, '\n') {
    auto const path = directory / "socket";
    publisher_ = try_connect(path);
    for (std::size_t count = 0; count < watchers; ++count) {
      int const socket = try_connect(path);
      if (socket < 0) throw std::runtime_error("redis-server takes no more connections");
      send_all(socket, "*2\r\n$9\r\nSUBSCRIBE\r\n$3\r\nfan\r\n");
      all_.add(socket);
    }
    all_.wait_for(6);
  }
  ~watched_redis() { ::close(publisher_); }
  watched_redis(watched_redis const&) = delete;
  watched_redis& operator=(watched_redis const&) = delete;

  figures publish() {
    auto const value = value_text(++values_);
    auto const call =
        fmt::format("*3\r\n$7\r\nPUBLISH\r\n$3\r\nfan\r\n${}\r\n{}\r\n", value.size(), value);
    auto const before = steady::now();
    send_all(publisher_, call);
    auto const [first, last] = all_.wait_for_change();
    if (receive_until(publisher_, '\n') != fmt::format(":{}\r", all_.size()))
      throw std::runtime_error("the message was not published to all");
    return {.per_second = 0,
            .p50 = microseconds(last - before).count(),
            .p99 = microseconds(first - before).count()};
  }

 private:
  redis_server server_;
  audience all_;
  int publisher_ = -1;
  std::size_t values_ = 0;
};

/// A process that writes the same bytes to all sockets when it gets a byte.
class write_loop {
 public:
  explicit write_loop(std::size_t watchers) : all_(1, '\0') {
    std::vector<int> ends(watchers);
    for (auto& end : ends)
      all_.add(pair_with(end));
    int trigger = -1;
    publisher_ = pair_with(trigger);
    process_ = std::make_unique<test::child_process>([&](int) { return serve(trigger, ends); });
    for (int const end : ends)
      ::close(end);
    ::close(trigger);
  }
  ~write_loop() { ::close(publisher_); }
  write_loop(write_loop const&) = delete;
  write_loop& operator=(write_loop const&) = delete;

  figures publish() {
    auto const before = steady::now();
    send_all(publisher_, "x");
    auto const [first, last] = all_.wait_for_change();
    return {.per_second = 0,
            .p50 = microseconds(last - before).count(),
            .p99 = microseconds(first - before).count()};
  }

 private:
  static int pair_with(int& other) {
    std::array<int, 2> both{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both.data()) != 0)
      throw std::system_error(errno, std::generic_category(), "socketpair");
    other = both[1];
    return both[0];
  }
  static int serve(int trigger, std::vector<int> const& ends) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::string const message(255, 'x'); // about as long as cfgd's, with the NUL
    for (char byte = 0; ::recv(trigger, &byte, 1, 0) == 1;)
      for (int const end : ends)
        send_all(end, std::string_view(message.c_str(), message.size() + 1));
    return 0;
  }

  audience all_;
  int publisher_ = -1;
  std::unique_ptr<test::child_process> process_;
};

} // namespace

void fanout(options const& how) {
  test::temporary_directory const directory;
  write_loop loop(how.subscribers);
  watched_cfgd cfgd(how, directory / "cfgd", how.subscribers);
  std::unique_ptr<watched_redis> redis;
  if (redis_server::is_installed())
    redis = std::make_unique<watched_redis>(directory / "redis", how.subscribers);
  else
    fmt::print("redis-server is not installed\n");

  // The medians of a round's changes.
  auto const rounds_of_changes = [&how](auto& one) {
    std::vector<double> last;
    std::vector<double> first;
    auto const end = steady::now() + how.time / 2;
    do {
      auto const times = one.publish();
      last.push_back(times.p50);
      first.push_back(times.p99);
    } while (steady::now() < end);
    return figures{.per_second = 0, .p50 = median(last), .p99 = median(first)};
  };
  std::vector<contender> all{{"cfgd, durable", [&] { return rounds_of_changes(cfgd); }},
                             {"a loop of write(2)", [&] { return rounds_of_changes(loop); }}};
  if (redis) all.push_back({"redis", [&] { return rounds_of_changes(*redis); }});

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
