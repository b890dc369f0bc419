#include "tests/bench/bench.hpp"
#include "tests/bench/confined.hpp"
#include "tests/bench/servers.hpp"
#include "tests/support/attacks.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>

// One user attacks, and others measure what they get: Get of a third user and durable Set of this
// one, one call after the other. Run it as root; otherwise all of them are one user, who shares the
// limits with the attacker.
//
// What a machine of two processors leaves to anybody is measured beside: a message to an echo
// server that nobody attacks, a write that is made durable, and then, under the same attack, a
// message to an echo server that has nothing but epoll.

namespace cfgd::bench {
namespace {

using std::chrono::milliseconds;
using times = std::vector<double>; ///< ms

constexpr std::size_t mebibyte = 1024 * 1024;
constexpr milliseconds call_limit{30'000};
constexpr milliseconds between_samples{20};
/// After an attack, before the memory that is left is read.
constexpr std::chrono::seconds recovery{2};
/// An echo server is attacked for this time at most: what it gives does not change.
constexpr milliseconds longest_on_echo{5'000};
/// No call may take longer.
constexpr double longest_call = 100;
/// Of a commit of the store that changes one key, about.
constexpr std::size_t durable_bytes = 8 * std::size_t{1024};

constexpr std::string_view get_parameters = R"({"keys":["big.a1"]})";

struct measured {
  times gets;
  times sets;
  times echoes; ///< of a server that nobody attacks
  times writes; ///< made durable in this process
  std::size_t unanswered = 0;
  std::size_t refused = 0; ///< answered with an error
  std::size_t peak = 0;    ///< bytes resident
  std::size_t peak_of_cgroup = 0;
  watchdog_listener::seen watchdog;
};

template <class Work>
auto timed(times& into, Work const& work) {
  auto const before = steady::now();
  auto result = work();
  into.push_back(std::chrono::duration<double, std::milli>(steady::now() - before).count());
  return result;
}

/// A file of this process whose bytes are written again and again.
class durable_file {
 public:
  explicit durable_file(std::filesystem::path const& path)
      : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)), bytes_(durable_bytes, 'd') {}
  ~durable_file() { ::close(fd_); }
  durable_file(durable_file const&) = delete;
  durable_file& operator=(durable_file const&) = delete;

  bool write() const {
    return ::pwrite(fd_, bytes_.data(), bytes_.size(), 0) == static_cast<ssize_t>(bytes_.size()) &&
           ::fdatasync(fd_) == 0;
  }

 private:
  int fd_;
  std::string bytes_;
};

/// What the daemon is confined to, if it is.
struct confinement {
  confinement(unit_limits const& unit, std::filesystem::path socket)
      : group(unit.memory_bytes), watchdog(std::move(socket), unit.watchdog) {}
  memory_cgroup group;
  watchdog_listener watchdog;
};

class innocents {
 public:
  innocents(cfgd_server& server, echo_server const& echo, std::filesystem::path const& directory,
            confinement* confined)
      : server_(server), confined_(confined),
        reader_(server.socket(), test::bystander::user::third),
        writer_(server.socket(), test::bystander::user::self),
        neighbour_(echo.socket(), test::bystander::user::third), file_(directory / "durable") {}

  measured run(milliseconds time) {
    measured out;
    auto const end = steady::now() + time;
    auto next_sample = steady::now();
    while (steady::now() < end) {
      if (steady::now() >= next_sample) {
        next_sample = steady::now() + between_samples;
        out.peak = std::max(out.peak, memory_of(server_.process().pid()).resident);
        if (confined_ != nullptr) confined_->watchdog.look();
      }
      ask(reader_, "Config.Get", get_parameters, out.gets, out);
      ask(writer_, "Config.Set", fmt::format(R"({{"values":{{"site.n":{}}}}})", ++sets_), out.sets,
          out);
      ask(neighbour_, "Config.Get", get_parameters, out.echoes, out);
      if (!timed(out.writes, [this] { return file_.write(); }))
        throw std::runtime_error("a file cannot be written");
      pause(milliseconds(1));
    }
    server_.process().check_alive();
    if (confined_ != nullptr) {
      out.watchdog = confined_->watchdog.take();
      out.peak_of_cgroup = confined_->group.take_peak();
    }
    return out;
  }
  std::size_t lost() const { return reader_.lost() + writer_.lost(); }

 private:
  static void ask(test::bystander& who, std::string_view method, std::string_view parameters,
                  times& into, measured& out) {
    auto const reply = timed(into, [&] { return who.ask(method, parameters, call_limit); });
    if (!reply) ++out.unanswered;
    if (reply && reply->find("\"error\"") != std::string::npos) ++out.refused;
  }

  cfgd_server& server_;
  confinement* confined_;
  test::bystander reader_;
  test::bystander writer_;
  test::bystander neighbour_;
  durable_file file_;
  std::size_t sets_ = 0;
};

void write_world(cfgd_server const& into, options const& how) {
  auto const half = how.namespace_mib * mebibyte / 2;
  test::write_file(into.source("big.json"), test::big_document(half, 'a'));
  test::write_file(into.source("big.d/50-more.json"), test::big_document(half, 'b'));
  test::write_file(into.source("site.json"), R"({"n":0})");
  test::write_file(into.source("worst.json"), "{}");
  test::write_file(into.source("").parent_path().parent_path() / "schemas" / "worst.json",
                   test::worst_schema());
}

/// Each Set has a record with the value before and after.
void make_history(cfgd_server& server, std::size_t mib) {
  constexpr std::size_t value_bytes = 60'000;
  for (std::size_t made = 0; made < mib * mebibyte; made += 2 * value_bytes)
    server.ask("io.cfgd.Config.Set",
               fmt::format(R"({{"values":{{"filler.v":"{:0>{}}"}}}})", made, value_bytes));
}

void say(std::string_view what) {
  fmt::print(stderr, "attack: {}\n", what);
  std::fflush(stderr);
}

/// The three tables: what calls take, what the machine allows, what the daemon keeps.
class report {
 public:
  explicit report(options const& how)
      : calls_({fmt::format("{} ms each, {} MiB of values, {} MiB of history", how.time.count(),
                            how.namespace_mib, how.history_mib),
                "Get p50 ms", "p99", "x idle", "max", "Set p50 ms", "p99", "x idle", "max"}),
        machine_({"beside cfgd, and echo attacked in its place", "echo p99 ms", "max",
                  "durable write p99", "max", "attacked echo p50", "p99", "x idle", "max"}),
        state_({"the daemon", "RSS MiB before", "peak", "after", "x before", "cgroup peak",
                "keep-alives", "longest gap s", "unanswered", "refused", "lost", "> 100 ms"}) {}

  struct memory {
    std::size_t before = 0;
    std::size_t after = 0;
  };
  void add(std::string const& name, measured const& seen, memory const& had, std::size_t lost,
           times const& attacked) {
    if (idle_.gets.empty()) {
      idle_ = seen;
      idle_attacked_ = attacked;
    }
    calls_.add(joined({name}, {of(seen.gets, idle_.gets), of(seen.sets, idle_.sets)}));
    auto machine = joined({name}, {of(seen.echoes, {}), of(seen.writes, {})});
    machine.erase(machine.begin() + 4); // the medians
    machine.erase(machine.begin() + 1);
    machine_.add(joined(std::move(machine), {of(attacked, idle_attacked_)}));

    std::vector<std::string> row{name};
    for (auto const bytes : {had.before, seen.peak, had.after})
      row.push_back(fixed(static_cast<double>(bytes) / mebibyte, 0));
    row.push_back(fixed(static_cast<double>(had.after) / static_cast<double>(had.before), 2));
    row.push_back(seen.peak_of_cgroup == 0
                      ? "-"
                      : fixed(static_cast<double>(seen.peak_of_cgroup) / mebibyte, 0));
    bool const listens = seen.watchdog.longest.count() != 0;
    row.push_back(listens ? std::to_string(seen.watchdog.beats) : "-");
    row.push_back(listens ? fixed(std::chrono::duration<double>(seen.watchdog.longest).count(), 1)
                          : "-");
    std::size_t slow = 0;
    for (auto const* const each : {&seen.gets, &seen.sets})
      slow += static_cast<std::size_t>(
          std::ranges::count_if(*each, [](double ms) { return ms > longest_call; }));
    for (auto const number : {seen.unanswered, seen.refused, lost, slow})
      row.push_back(std::to_string(number));
    state_.add(std::move(row));
  }
  void print() const { fmt::print("{}\n{}\n{}\n", calls_.text(), machine_.text(), state_.text()); }

 private:
  /// p50, p99, how many times the p99 of `idle` if there is one, max.
  static std::vector<std::string> of(times const& all, times const& idle) {
    if (all.empty()) return {"-", "-", "-", "-"};
    auto const p99 = percentile(all, 0.99);
    std::vector<std::string> out{fixed(percentile(all, 0.5), 2), fixed(p99, 2)};
    if (!idle.empty()) out.push_back(fixed(p99 / percentile(idle, 0.99), 1));
    out.push_back(fixed(percentile(all, 1), 1));
    return out;
  }
  static std::vector<std::string> joined(std::vector<std::string> row,
                                         std::vector<std::vector<std::string>> const& cells) {
    for (auto const& some : cells)
      row.insert(row.end(), some.begin(), some.end());
    return row;
  }

  table calls_;
  table machine_;
  table state_;
  measured idle_;
  times idle_attacked_;
};

/// Messages of a third user to an echo server, while somebody attacks it; null: nobody does.
times attacked_echo(test::attacker& enemy, test::attack const* which, echo_server const& echo,
                    milliseconds time) {
  test::bystander reader(echo.socket(), test::bystander::user::third);
  times out;
  if (which != nullptr) enemy.begin(*which, echo.socket(), time);
  for (auto const end = steady::now() + time; steady::now() < end; pause(milliseconds(1)))
    if (!timed(out, [&] { return reader.ask("Config.Get", get_parameters, call_limit); })) break;
  if (which != nullptr && !enemy.wait()) throw std::runtime_error("the attacker has ended");
  return out;
}

/// A server whose socket everybody may use.
std::unique_ptr<echo_server> public_echo(std::filesystem::path const& socket) {
  auto made = std::make_unique<echo_server>(socket);
  std::filesystem::permissions(socket, std::filesystem::perms(0777));
  return made;
}

} // namespace

void attack(options const& how) {
  test::attacker enemy; // before this process has anything that it could inherit
  test::temporary_directory const directory;
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0711));
  auto const neighbour = public_echo(directory / "neighbour");
  std::optional<confinement> confined;
  std::vector<std::string> command;
  if (how.memory_limit) {
    auto const unit = limits_of_unit();
    confined.emplace(unit, directory / "notify");
    command = confined->group.command(unit.descriptors);
    fmt::print("as in the unit: {} MiB of memory, {} descriptors, {} s of watchdog\n",
               unit.memory_bytes / mebibyte, unit.descriptors, unit.watchdog.count());
  }
  cfgd_server server(how.cfgd, directory / "root", "", std::move(command));
  write_world(server, how);
  say("starting");
  server.start();
  if (server.ask("io.cfgd.Service.Sources").find("quarantined") != std::string::npos)
    throw std::runtime_error("a file of the attacked service is not accepted");
  say(fmt::format("making {} MiB of history", how.history_mib));
  make_history(server, how.history_mib);

  innocents others(server, *neighbour, directory.path(), confined ? &*confined : nullptr);
  report out(how);
  auto const resident = [&] { return memory_of(server.process().pid()).resident; };
  auto const measure = [&](std::string const& name, test::attack const* which) {
    auto const lost = others.lost();
    report::memory had{.before = resident()};
    if (which != nullptr) enemy.begin(*which, server.socket(), how.time);
    auto const seen = others.run(how.time);
    if (which != nullptr && !enemy.wait()) throw std::runtime_error("the attacker has ended");
    if (which != nullptr) pause(recovery);
    had.after = resident();
    auto const victim = public_echo(directory / ("echo-" + name));
    out.add(name, seen, had, others.lost() - lost,
            attacked_echo(enemy, which, *victim, std::min(how.time, longest_on_echo)));
  };
  say("idle");
  measure("idle", nullptr);
  for (auto const& one : test::attacks()) {
    if (!how.attacks.empty() && std::ranges::find(how.attacks, one.name) == how.attacks.end())
      continue;
    say(one.what);
    measure(std::string(one.name), &one);
  }
  out.print();
  if (confined)
    fmt::print("the memory limit was reached {} times\n", confined->group.times_at_limit());
}

} // namespace cfgd::bench
