#include "tests/support/attacks.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

// Each attack is a loop around poll(2) with sockets that never block, so that it ends in time
// whatever the service does. An attacker is not polite: what is refused is tried again at once.

namespace cfgd::test {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr uid_t third_uid = 4343;

milliseconds left_until(steady_time end) {
  return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(end - clock::now()));
}

void rest(milliseconds time, steady_time end) {
  ::poll(nullptr, 0, static_cast<int>(std::min(time, left_until(end)).count()));
}

enum class replies : std::uint8_t { one, more };

std::string call(std::string_view method, std::string_view parameters,
                 replies wanted = replies::one) {
  std::string text = R"({"method":"io.cfgd.)";
  text.append(method).append(wanted == replies::more ? R"(","more":true,"parameters":)"
                                                     : R"(","parameters":)");
  text.append(parameters).append(1, '}').append(1, '\0');
  return text;
}

std::string repeated(std::string const& text, std::size_t count) {
  std::string out;
  for (; count > 0; --count)
    out += text;
  return out;
}

/// A socket that does not block; -1 if it cannot be connected now.
int connect_now(std::filesystem::path const& path, int type) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path)
    throw std::runtime_error("too long for a socket: " + path.string());
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  int const made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | type, 0);
  if (made < 0) return -1;
  if (::connect(made, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0)
    return made;
  ::close(made);
  return -1;
}

/// One of many connections that send the same bytes again when so many replies have come.
class member {
 public:
  explicit member(std::filesystem::path const& socket) : socket_(socket) {}
  ~member() { close(); }
  member(member const&) = delete;
  member& operator=(member const&) = delete;

  int fd() const { return fd_; }
  bool open() {
    if (fd_ < 0) fd_ = connect_now(socket_, SOCK_NONBLOCK);
    return fd_ >= 0;
  }
  short wanted() const { return static_cast<short>(sent_ < size_ ? POLLIN | POLLOUT : POLLIN); }

  void step(std::string const& batch, std::size_t replies) {
    size_ = batch.size();
    if (sent_ < size_) {
      auto const count = ::send(fd_, batch.data() + sent_, size_ - sent_, MSG_NOSIGNAL);
      if (count > 0) sent_ += static_cast<std::size_t>(count);
      if (count < 0 && errno != EAGAIN) return close();
    }
    std::array<char, 64 * 1024> bytes{};
    auto const count = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (count == 0 || (count < 0 && errno != EAGAIN)) return close();
    if (count > 0)
      seen_ += static_cast<std::size_t>(std::count(bytes.begin(), bytes.begin() + count, '\0'));
    if (seen_ >= replies) sent_ = seen_ = 0;
  }

 private:
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    sent_ = seen_ = 0;
  }

  std::filesystem::path const& socket_;
  int fd_ = -1;
  std::size_t size_ = 1; ///< of the batch; not 0: the first step sends
  std::size_t sent_ = 0;
  std::size_t seen_ = 0;
};

/// So many connections that each send `batch` as often as they get its replies.
void flood(std::filesystem::path const& socket, steady_time end, std::size_t connections,
           std::string const& batch, std::size_t replies) {
  std::vector<std::unique_ptr<member>> all;
  for (std::size_t number = 0; number < connections; ++number)
    all.push_back(std::make_unique<member>(socket));
  while (clock::now() < end) {
    std::vector<pollfd> waiting;
    for (auto const& one : all)
      waiting.push_back(
          {.fd = one->open() ? one->fd() : -1, .events = one->wanted(), .revents = 0});
    bool const none = std::ranges::all_of(waiting, [](pollfd const& one) { return one.fd < 0; });
    auto const longest = std::min(left_until(end), milliseconds(none ? 5 : 100));
    ::poll(waiting.data(), waiting.size(), static_cast<int>(longest.count()));
    for (std::size_t number = 0; number < connections; ++number)
      if (waiting[number].revents != 0) all[number]->step(batch, replies);
  }
}

void run_list(std::filesystem::path const& socket, steady_time end) {
  flood(socket, end, 20, repeated(call("Config.List", R"({"prefix":"big.missing.key"})"), 64), 64);
}

void run_validate(std::filesystem::path const& socket, steady_time end) {
  // Near the longest that a frame may be, in all members that have a pattern.
  std::string parameters = R"({"namespace":"worst","document":{)";
  for (std::size_t number = 0; number < 20; ++number) {
    if (number > 0) parameters += ',';
    parameters += "\"s" + std::to_string(number) + "\":\"" + std::string(10'000, 'x') + '"';
  }
  flood(socket, end, 64, repeated(call("Config.Validate", parameters + "}}"), 2), 2);
}

void run_log(std::filesystem::path const& socket, steady_time end) {
  auto const text = call("History.Log", R"({"prefix":"big.missing.key"})");
  while (clock::now() < end) {
    for (int count = 0; count < 100; ++count) {
      int const made = connect_now(socket, SOCK_NONBLOCK);
      if (made < 0) continue;
      (void)::send(made, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      ::close(made);
    }
    rest(milliseconds(15), end);
  }
}

void run_connect(std::filesystem::path const& socket, steady_time end) {
  while (clock::now() < end) {
    int const made = connect_now(socket, SOCK_NONBLOCK);
    if (made >= 0) ::close(made);
  }
}

/// Holds as many connections as it gets, up to `most`, and sends `text` on each; reads nothing.
void hold(std::filesystem::path const& socket, steady_time end, std::size_t most,
          std::string const& text) {
  std::vector<pollfd> held;
  while (clock::now() < end) {
    bool refused = false;
    while (held.size() < most && !refused && clock::now() < end) {
      int const made = connect_now(socket, SOCK_NONBLOCK);
      refused = made < 0;
      if (refused) break;
      (void)::send(made, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      held.push_back({.fd = made, .events = 0, .revents = 0});
    }
    ::poll(held.data(), held.size(),
           static_cast<int>(std::min(left_until(end), milliseconds(20)).count()));
    std::erase_if(held, [](pollfd const& one) {
      if ((one.revents & (POLLHUP | POLLERR)) == 0) return false;
      ::close(one.fd);
      return true;
    });
  }
  for (auto const& one : held)
    ::close(one.fd);
}

void run_watch(std::filesystem::path const& socket, steady_time end) {
  hold(socket, end, 128, call("Config.Watch", "{}", replies::more));
}

void run_descriptors(std::filesystem::path const& socket, steady_time end) {
  hold(socket, end, 100'000, "{");
}

void run_busy(std::filesystem::path const& /*socket*/, steady_time end) {
  while (clock::now() < end) {
  }
}

constexpr std::array all_attacks{
    attack{"busy", "no attack: a process that uses one processor and calls nobody", run_busy},
    attack{"list", "20 connections, 64 List of a missing prefix in each write", run_list},
    attack{"log", "100 times connect, Log of a missing key, close", run_log},
    attack{"watch", "128 Watch that are not read", run_watch},
    attack{"connect", "connects as fast as they go", run_connect},
    attack{"descriptors", "as many connections as there are", run_descriptors},
    attack{"validate", "64 connections, Validate with slow patterns", run_validate}};

struct order {
  std::size_t number = 0;
  long milliseconds = 0;
  std::array<char, 108> socket{};
};

bool read_all(int from, void* into, std::size_t bytes) {
  auto* at = static_cast<char*>(into);
  while (bytes > 0) {
    auto const count = ::read(from, at, bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    at += count;
    bytes -= static_cast<std::size_t>(count);
  }
  return true;
}

/// Whether it could; only root can, and for others nothing changes.
bool become(uid_t uid) {
  if (::geteuid() != 0) return true;
  return ::setgroups(0, nullptr) == 0 && ::setgid(uid) == 0 && ::setuid(uid) == 0;
}

} // namespace

std::string big_document(std::size_t bytes, char letter) {
  std::string text = "{";
  for (std::size_t number = 0; text.size() < bytes; ++number) {
    text += number == 0 ? "\"" : ",\n\"";
    text.append(1, letter).append(std::to_string(number)).append("\":\"");
    text.append(60, 'v').append(1, '"');
  }
  return text + "}\n";
}

std::string worst_schema() {
  std::string text = R"({"type":"object","properties":{)";
  for (std::size_t number = 0; number < 20; ++number) {
    if (number > 0) text += ',';
    text +=
        "\"s" + std::to_string(number) + R"(":{"type":"string","pattern":"^(x*)(x*)(x*)(x*)y$"})";
  }
  return text + "}}\n";
}

std::span<attack const> attacks() { return all_attacks; }

attack const* find_attack(std::string_view name) {
  auto const* const found = std::ranges::find(all_attacks, name, &attack::name);
  return found == all_attacks.end() ? nullptr : found;
}

attacker::attacker() {
  std::array<int, 2> orders{};
  std::array<int, 2> answers{};
  if (::pipe2(orders.data(), O_CLOEXEC) != 0 || ::pipe2(answers.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe2");
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) {
    ::close(orders[1]);
    ::close(answers[0]);
    ::_exit(serve(orders[0], answers[1]));
  }
  ::close(orders[0]);
  ::close(answers[1]);
  orders_ = orders[1];
  answers_ = answers[0];
}

int attacker::serve(int orders, int answers) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 8'192);
    (void)::setrlimit(RLIMIT_NOFILE, &files);
  }
  if (!become(uid)) return 10;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL); // becoming another user has cleared it
  order next;
  while (read_all(orders, &next, sizeof next)) {
    try {
      all_attacks.at(next.number)
          .run(next.socket.data(), clock::now() + milliseconds(next.milliseconds));
    } catch (std::exception const&) {
      return 11;
    }
    if (::write(answers, "", 1) != 1) return 12;
  }
  return 0;
}

attacker::~attacker() {
  kill();
  ::close(orders_);
  ::close(answers_);
}

void attacker::begin(attack const& what, std::filesystem::path const& socket, milliseconds time) {
  order next{.number = static_cast<std::size_t>(&what - all_attacks.data()),
             .milliseconds = static_cast<long>(time.count())};
  if (socket.native().size() >= next.socket.size())
    throw std::runtime_error("too long for a socket: " + socket.string());
  std::memcpy(next.socket.data(), socket.c_str(), socket.native().size());
  if (::write(orders_, &next, sizeof next) != static_cast<ssize_t>(sizeof next))
    throw std::system_error(errno, std::generic_category(), "write to the attacker");
}

bool attacker::wait() {
  char done = 0;
  return read_all(answers_, &done, 1);
}

void attacker::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

bystander::bystander(std::filesystem::path socket, user who)
    : socket_(std::move(socket)), who_(who) {
  if (!connect()) throw std::system_error(errno, std::generic_category(), socket_.string());
}

bystander::~bystander() {
  if (fd_ >= 0) ::close(fd_);
}

// Who a peer is counts from when it connects.
bool bystander::connect() {
  bool const other = who_ == user::third && ::getuid() == 0;
  if (other && ::seteuid(third_uid) != 0) return false;
  fd_ = connect_now(socket_, SOCK_NONBLOCK);
  int const code = errno;
  if (other && ::seteuid(0) != 0)
    throw std::system_error(errno, std::generic_category(), "seteuid");
  errno = code;
  return fd_ >= 0;
}

std::optional<std::string> bystander::give_up() {
  ::close(std::exchange(fd_, -1));
  ++lost_;
  return std::nullopt;
}

std::optional<std::string> bystander::ask(std::string_view method, std::string_view parameters,
                                          milliseconds limit) {
  auto const end = clock::now() + limit;
  while (fd_ < 0 && !connect()) {
    if (clock::now() >= end) return std::nullopt;
    rest(milliseconds(1), end);
  }
  std::string const text = call(method, parameters);
  if (::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
    return give_up();
  std::string reply;
  std::array<char, 64 * 1024> bytes{};
  while (reply.empty() || reply.back() != '\0') {
    pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, static_cast<int>(left_until(end).count())) == 0) {
      // A late reply must not be taken for that to the next call.
      ::close(std::exchange(fd_, -1));
      return std::nullopt;
    }
    auto const count = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) return give_up();
    reply.append(bytes.data(), static_cast<std::size_t>(count));
  }
  reply.pop_back();
  return reply;
}

} // namespace cfgd::test
