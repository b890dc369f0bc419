#include "tests/system/machine.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

// The service ends, in all the ways it can, while clients write. The socket is systemd's: who
// connects in the meantime waits and is never refused.

namespace {

using namespace cfgd::test;
using clock = std::chrono::steady_clock;

constexpr int rounds = 20;

/// Clients that write all the time, each its own key the numbers 1, 2, 3 ..., and connect anew when
/// they are cut off.
class load {
 public:
  explicit load(machine const& host) : socket_(host.socket().string()) {
    for (std::size_t number = 0; number < acknowledged_.size(); ++number)
      threads_.emplace_back([this, number] { write(number); });
  }
  ~load() { stop(); }
  load(load const&) = delete;
  load& operator=(load const&) = delete;

  void stop() {
    stopping_ = true;
    for (auto& one : threads_)
      one.join();
    threads_.clear();
  }

  static std::string key(std::size_t number) { return "app.w" + std::to_string(number); }
  std::size_t writers() const { return acknowledged_.size(); }
  std::int64_t acknowledged(std::size_t number) const { return acknowledged_[number]; }
  std::int64_t sum() const {
    std::int64_t all = 0;
    for (auto const& one : acknowledged_)
      all += one;
    return all;
  }
  /// Waits until so many more were acknowledged.
  void wait_for_more(std::int64_t count) {
    std::unique_lock locked(mutex_);
    auto const enough = sum() + count;
    if (!more_.wait_for(locked, std::chrono::seconds(60), [&] { return sum() >= enough; }))
      throw std::runtime_error("nobody can write");
  }
  /// Connects that were refused, and values found to be older than what was acknowledged.
  int refused() const { return refused_; }
  int lost() const { return lost_; }

 private:
  void write(std::size_t number) {
    while (!stopping_) {
      auto connected = cfgd::client::connection::connect(socket_);
      if (!connected)
        ++refused_;
      else
        write_until_cut_off(*connected, number);
    }
  }

  void write_until_cut_off(cfgd::client::connection& connected, std::size_t number) {
    auto const kept = connected.get_value(key(number));
    if (!kept) return;
    std::int64_t const found = *kept ? (*kept)->to_number<std::int64_t>() : 0;
    if (found < acknowledged_[number]) ++lost_;
    while (!stopping_) {
      auto const next = acknowledged_[number] + 1;
      if (!connected.set({.values = {{key(number), next}}})) return;
      std::lock_guard const locked(mutex_);
      acknowledged_[number] = next;
      more_.notify_all();
    }
  }

  std::string socket_;
  std::array<std::atomic<std::int64_t>, 4> acknowledged_{};
  std::atomic<int> refused_{0};
  std::atomic<int> lost_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<std::thread> threads_;
};

void require_nothing_lost(machine& host, load const& written) {
  for (std::size_t number = 0; number < written.writers(); ++number) {
    auto const value = std::stoll(host.value(load::key(number)));
    // One more may have become durable before its answer was on its way.
    BOOST_TEST(value >= written.acknowledged(number));
    BOOST_TEST(value <= written.acknowledged(number) + 1);
  }
}

/// The time until a daemon with another pid answers a client that connects now.
std::chrono::nanoseconds time_to_next_answer(machine const& host, std::int64_t old_pid) {
  auto const begin = clock::now();
  for (;;) {
    // Throws when the connect is refused.
    auto connected = host.connect();
    auto const status = connected.status();
    // The one that dies may still have accepted, or even answered.
    if (status && status->pid != old_pid) return clock::now() - begin;
    if (clock::now() - begin > std::chrono::seconds(60)) throw std::runtime_error("no answer");
  }
}

std::chrono::microseconds microseconds_of(machine& host, std::string const& property) {
  return std::chrono::microseconds(std::stoll(host.property(property)));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(recovery, on_machine, *boost::unit_test::precondition(needs_machine()))

BOOST_AUTO_TEST_CASE(it_is_back_after_each_kill_and_nobody_was_refused_and_nothing_lost) {
  host.save("app.json", R"({"base":true})");
  host.connect().sync().value();
  load clients(host);
  std::vector<std::chrono::nanoseconds> times;

  for (int round = 0; round < rounds; ++round) {
    clients.wait_for_more(50);
    auto const old_pid = host.connect().status().value().pid;
    BOOST_TEST_REQUIRE(::kill(host.daemon(), SIGKILL) == 0);
    times.push_back(time_to_next_answer(host, old_pid));
  }
  clients.wait_for_more(20);
  clients.stop();

  BOOST_TEST_MESSAGE("kill -9 to the next answer: " << summary(times));
  BOOST_TEST_MESSAGE(clients.sum() << " acknowledged sets, " << clients.lost() << " lost, "
                                   << clients.refused() << " connects refused");
  BOOST_TEST(clients.refused() == 0);
  BOOST_TEST(clients.lost() == 0);
  require_nothing_lost(host, clients);
  BOOST_TEST(host.value("app.base") == "true");
  BOOST_TEST(host.property("NRestarts") == std::to_string(rounds));
  BOOST_TEST(host.property("ActiveState", "cfgd.socket") == "active");
}

BOOST_AUTO_TEST_CASE(the_watchdog_ends_a_loop_that_stands_still_and_it_is_back) {
  host.drop_in("watchdog", "WatchdogSec=2s\n");
  host.cfgctl({"set", "app.n=1"});
  auto const old_pid = host.connect().status().value().pid;

  BOOST_TEST_REQUIRE(::kill(host.daemon(), SIGSTOP) == 0);
  auto const time = time_to_next_answer(host, old_pid);

  BOOST_TEST_MESSAGE("loop stopped to the next answer with WatchdogSec=2s: " << summary({time}));
  BOOST_TEST(host.value("app.n") == "1");
  BOOST_TEST(host.property("NRestarts") == "1");
  host.wait_for_entry({"UNIT=cfgd.service", "UNIT_RESULT=watchdog"});
}

BOOST_AUTO_TEST_CASE(the_watchdog_leaves_a_busy_service_alone) {
  host.drop_in("watchdog", "WatchdogSec=3s\n");
  host.systemctl({"start", "cfgd.service"});
  pid_t const daemon = host.daemon();
  load clients(host);
  auto const end = clock::now() + std::chrono::seconds(5);

  while (clock::now() < end)
    clients.wait_for_more(10);
  clients.stop();

  BOOST_TEST(host.daemon() == daemon);
  BOOST_TEST(host.property("NRestarts") == "0");
}

BOOST_AUTO_TEST_CASE(a_stop_under_load_is_clean_and_loses_nothing) {
  host.connect().sync().value();
  load clients(host);
  clients.wait_for_more(100);
  auto const begin = clock::now();

  auto const stop = host.systemctl({"stop", "cfgd.service", "cfgd.socket"});

  auto const time = clock::now() - begin;
  clients.stop();
  BOOST_TEST_MESSAGE("systemctl stop under load: " << summary({time}));
  BOOST_TEST(stop.code == 0, stop);
  BOOST_TEST(time < std::chrono::seconds(10)); // TimeoutStopSec= of the unit
  BOOST_TEST(host.property("Result") == "success");
  BOOST_TEST(host.property("ExecMainStatus") == "0");
  BOOST_TEST(host.property("ExecMainCode") == "1"); // CLD_EXITED
  host.systemctl({"start", "cfgd.socket"});
  require_nothing_lost(host, clients);
}

BOOST_AUTO_TEST_CASE(a_restart_under_load_refuses_nobody) {
  host.connect().sync().value();
  load clients(host);
  clients.wait_for_more(20);

  for (int round = 0; round < 3; ++round) {
    auto const restart = host.systemctl({"restart", "cfgd.service"});
    BOOST_TEST(restart.code == 0, restart);
    clients.wait_for_more(20);
  }
  clients.stop();

  BOOST_TEST(clients.refused() == 0);
  BOOST_TEST(clients.lost() == 0);
  require_nothing_lost(host, clients);
}

BOOST_AUTO_TEST_CASE(it_is_ready_soon) {
  for (int i = 0; i < 20; ++i)
    host.save("app" + std::to_string(i) + ".json", R"({"n":1})");
  std::vector<std::chrono::nanoseconds> times;

  for (int round = 0; round < rounds; ++round) {
    auto const start = host.systemctl({"restart", "cfgd.service"});
    BOOST_TEST(start.code == 0, start);
    times.emplace_back(microseconds_of(host, "ActiveEnterTimestampMonotonic") -
                       microseconds_of(host, "ExecMainStartTimestampMonotonic"));
  }

  BOOST_TEST_MESSAGE("start to READY: " << summary(times));
  BOOST_TEST(host.value("app7.n") == "1");
}

BOOST_AUTO_TEST_SUITE_END()
