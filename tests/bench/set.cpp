#include "tests/bench/bench.hpp"
#include "tests/bench/servers.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <lmdb.h>

#include <optional>
#include <stdexcept>

// Durable Set of one value, and Get beside it. LMDB alone, in the same file system, is the floor of
// cfgd: put and commit in this process, without a socket, a merge, a record of the change. Where
// many calls are in flight it gets as many puts into one commit as a group commit could hold at
// best.

namespace cfgd::bench {
namespace {

class plain_store {
 public:
  explicit plain_store(std::filesystem::path const& directory) {
    std::filesystem::create_directories(directory);
    check(::mdb_env_create(&environment_));
    check(::mdb_env_set_mapsize(environment_, std::size_t{256} * 1024 * 1024));
    check(::mdb_env_open(environment_, directory.c_str(), 0, 0600));
    MDB_txn* opening = nullptr;
    check(::mdb_txn_begin(environment_, nullptr, 0, &opening));
    check(::mdb_dbi_open(opening, nullptr, 0, &database_));
    check(::mdb_txn_commit(opening));
  }
  ~plain_store() { ::mdb_env_close(environment_); }
  plain_store(plain_store const&) = delete;
  plain_store& operator=(plain_store const&) = delete;

  /// Commits of `puts` puts for so long.
  figures write(std::size_t puts, std::chrono::milliseconds time) {
    std::vector<double> latencies;
    auto const begin = steady::now();
    auto now = begin;
    while (now < begin + time) {
      auto const before = now;
      commit(puts);
      now = steady::now();
      latencies.push_back(std::chrono::duration<double, std::micro>(now - before).count());
    }
    auto const done = static_cast<double>(latencies.size() * puts);
    return summarize(latencies, done / std::chrono::duration<double>(now - begin).count());
  }

 private:
  static void check(int rc) {
    if (rc != 0) throw std::runtime_error(std::string("LMDB: ") + ::mdb_strerror(rc));
  }

  void commit(std::size_t puts) {
    MDB_txn* writing = nullptr;
    check(::mdb_txn_begin(environment_, nullptr, 0, &writing));
    for (std::size_t put = 0; put < puts; ++put, ++next_) {
      std::string key = key_text(next_ % key_count);
      std::string value = value_text(next_);
      MDB_val name{.mv_size = key.size(), .mv_data = key.data()};
      MDB_val text{.mv_size = value.size(), .mv_data = value.data()};
      check(::mdb_put(writing, database_, &name, &text, 0));
    }
    check(::mdb_txn_commit(writing));
  }

  MDB_env* environment_ = nullptr;
  MDB_dbi database_ = 0;
  std::size_t next_ = 0;
};

struct servers {
  servers(options const& how, test::temporary_directory const& directory)
      : cfgd(how.cfgd, directory / "root"), lmdb(directory / "lmdb") {
    write_sources(cfgd);
    cfgd.start();
    if (redis_server::is_installed())
      redis.emplace(directory / "redis", redis_server::durability::each_write);
    else
      fmt::print("redis-server is not installed: cfgd and LMDB alone\n");
  }
  cfgd_server cfgd;
  plain_store lmdb;
  std::optional<redis_server> redis;
};

struct scenario {
  std::string_view name;
  std::size_t clients;
  std::size_t calls;
  std::string_view goal;
};

constexpr scenario scenarios[] = {{"1 client", 1, 1, "p50 <= 1.2 x LMDB, >= 0.75 x redis"},
                                  {"50 clients", 50, 1, ">= 0.8 x redis"},
                                  {"50 clients x 16", 50, 16, ">= 1.1 x redis"}};

void measure_sets(scenario const& what, servers& all, options const& how, table& out) {
  traffic cfgd = all.cfgd.sets(what.clients, what.calls);
  traffic redis = all.redis ? all.redis->sets(what.clients, what.calls) : traffic{};
  std::vector<contender> contenders{
      {"cfgd", [&] { return run_load(cfgd, how.time); }},
      {"LMDB", [&] { return all.lmdb.write(what.clients * what.calls, how.time); }}};
  if (all.redis) contenders.push_back({"redis", [&] { return run_load(redis, how.time); }});

  auto const results = alternate(contenders, how.rounds);

  for (std::size_t index = 0; index < contenders.size(); ++index) {
    auto const& mine = results[index];
    out.add({fmt::format("{}, {}", what.name, contenders[index].name),
             fixed(median_of(mine, &figures::per_second), 0),
             fixed(median_of(mine, &figures::p50), 0), fixed(median_of(mine, &figures::p99), 0),
             all.redis ? fixed(ratio_of(mine, results[2], &figures::per_second), 2) : "-",
             fixed(ratio_of(mine, results[1], &figures::p50), 2),
             index == 0 ? std::string(what.goal) : ""});
  }
}

/// One client that reads, alone and while 50 write.
void measure_gets(std::string const& name, traffic reads, traffic writes, options const& how,
                  table& out) {
  auto const results =
      alternate({{"alone", [&] { return run_load(reads, how.time); }},
                 {"beside",
                  [&] {
                    return run_load(std::vector{&reads, &writes}, how.time).front();
                  }}},
                how.rounds);
  out.add({name, fixed(median_of(results[0], &figures::p50), 1),
           fixed(median_of(results[1], &figures::p50), 1),
           fixed(ratio_of(results[1], results[0], &figures::p50), 2),
           fixed(median_of(results[1], &figures::p99), 0), name == "cfgd" ? "<= 1.5 x" : ""});
}

} // namespace

void set(options const& how) {
  test::temporary_directory const directory;
  servers all(how, directory);

  table sets({"Set, durable", "calls/s", "p50 us", "p99 us", "x redis", "p50 x LMDB", "goal"});
  for (auto const& what : scenarios)
    measure_sets(what, all, how, sets);
  fmt::print("{}\n", sets.text());

  table gets({"Get while 50 write", "p50 us alone", "p50 us beside", "x", "p99 us beside", "goal"});
  measure_gets("cfgd", all.cfgd.gets(1, 1), all.cfgd.sets(50, 1), how, gets);
  if (all.redis) {
    all.redis->fill();
    measure_gets("redis", all.redis->gets(1, 1), all.redis->sets(50, 1), how, gets);
  }
  fmt::print("{}\n", gets.text());
}

} // namespace cfgd::bench
