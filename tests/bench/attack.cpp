#include "tests/bench/bench.hpp"
#include "tests/bench/servers.hpp"
#include "tests/support/attacks.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <stdexcept>

// One user attacks, and others measure what they get: Get of a third user and durable Set of this
// one, one call after the other. Run it as root; otherwise all of them are one user, who shares the
// limits with the attacker.

namespace cfgd::bench {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t mebibyte = 1024 * 1024;
constexpr milliseconds call_limit{30'000};
constexpr milliseconds between_samples{20};
/// After an attack, before the memory that is left is read.
constexpr std::chrono::seconds recovery{2};

struct measured {
  std::vector<double> gets; ///< ms
  std::vector<double> sets;
  std::size_t unanswered = 0;
  std::size_t peak = 0; ///< bytes resident
};

class innocents {
 public:
  explicit innocents(cfgd_server& server)
      : server_(server), reader_(server.socket(), test::bystander::user::third),
        writer_(server.socket(), test::bystander::user::self) {}

  measured run(milliseconds time) {
    measured out;
    auto const end = steady::now() + time;
    auto next_sample = steady::now();
    while (steady::now() < end) {
      if (steady::now() >= next_sample) {
        next_sample = steady::now() + between_samples;
        out.peak = std::max(out.peak, memory_of(server_.process().pid()).resident);
      }
      ask(reader_, "Config.Get", R"({"keys":["big.a1"]})", out.gets, out);
      ask(writer_, "Config.Set", fmt::format(R"({{"values":{{"site.n":{}}}}})", ++sets_), out.sets,
          out);
      pause(milliseconds(1));
    }
    server_.process().check_alive();
    return out;
  }
  std::size_t lost() const { return reader_.lost() + writer_.lost(); }

 private:
  static void ask(test::bystander& who, std::string_view method, std::string_view parameters,
                  std::vector<double>& into, measured& out) {
    auto const before = steady::now();
    auto const reply = who.ask(method, parameters, call_limit);
    into.push_back(std::chrono::duration<double, std::milli>(steady::now() - before).count());
    if (!reply || reply->find("\"error\"") != std::string::npos) ++out.unanswered;
  }

  cfgd_server& server_;
  test::bystander reader_;
  test::bystander writer_;
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

std::vector<std::string> row_of(std::string name, measured const& seen, std::size_t before,
                                std::size_t after, std::size_t lost) {
  std::vector<std::string> row{std::move(name)};
  for (auto const* const times : {&seen.gets, &seen.sets}) {
    row.push_back(fixed(percentile(*times, 0.5), 2));
    row.push_back(fixed(percentile(*times, 0.99), 2));
    row.push_back(fixed(percentile(*times, 1), 2));
  }
  for (auto const bytes : {before, seen.peak, after})
    row.push_back(fixed(static_cast<double>(bytes) / mebibyte, 0));
  row.push_back(std::to_string(seen.unanswered));
  row.push_back(std::to_string(lost));
  return row;
}

void say(std::string_view what) {
  fmt::print(stderr, "attack: {}\n", what);
  std::fflush(stderr);
}

} // namespace

void attack(options const& how) {
  test::attacker enemy; // before this process has anything that it could inherit
  test::temporary_directory const directory;
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0711));
  cfgd_server server(how.cfgd, directory / "root");
  write_world(server, how);
  say("starting");
  server.start();
  if (server.ask("io.cfgd.Service.Sources").find("quarantined") != std::string::npos)
    throw std::runtime_error("a file of the attacked service is not accepted");
  say(fmt::format("making {} MiB of history", how.history_mib));
  make_history(server, how.history_mib);

  innocents others(server);
  table out({fmt::format("{} ms each, {} MiB of values, {} MiB of history", how.time.count(),
                         how.namespace_mib, how.history_mib),
             "Get p50 ms", "p99", "max", "Set p50 ms", "p99", "max", "RSS MiB before", "peak",
             "after", "unanswered", "lost"});
  auto const resident = [&] { return memory_of(server.process().pid()).resident; };
  say("idle");
  auto before = resident();
  auto const idle = others.run(how.time);
  out.add(row_of("idle", idle, before, resident(), others.lost()));
  for (auto const& one : test::attacks()) {
    if (!how.attack.empty() && how.attack != one.name) continue;
    say(one.what);
    auto const lost = others.lost();
    before = resident();
    enemy.begin(one, server.socket(), how.time);
    auto const seen = others.run(how.time);
    if (!enemy.wait()) throw std::runtime_error("the attacker has ended");
    pause(recovery);
    out.add(row_of(std::string(one.name), seen, before, resident(), others.lost() - lost));
  }
  fmt::print("{}\n", out.text());
}

} // namespace cfgd::bench
