#include "tests/bench/bench.hpp"
#include "tests/bench/peers.hpp"
#include "tests/bench/servers.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <lmdb.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// Durable Set of one value, and Get beside it. LMDB alone, in the same file system, is the floor of
// cfgd: for each change the value and a change record as long as cfgd's, in this process, without a
// socket or a merge. A commit of it has as many changes as there are calls in flight, which is what
// a group commit could hold at best.

namespace cfgd::bench {
namespace {

constexpr std::size_t history_kept = 10'000; ///< records, as cfgd keeps them by default

void check(int rc) {
  if (rc != 0) throw std::runtime_error(std::string("LMDB: ") + ::mdb_strerror(rc));
}

/// The size of the newest record of `changes` in a store that a daemon has open.
std::size_t change_record_bytes(std::filesystem::path const& data) {
  MDB_env* environment = nullptr;
  check(::mdb_env_create(&environment));
  std::unique_ptr<MDB_env, decltype(&::mdb_env_close)> const closed(environment, ::mdb_env_close);
  check(::mdb_env_set_maxdbs(environment, 1));
  check(::mdb_env_open(environment, data.c_str(), MDB_RDONLY, 0));
  MDB_txn* reading = nullptr;
  check(::mdb_txn_begin(environment, nullptr, MDB_RDONLY, &reading));
  std::unique_ptr<MDB_txn, decltype(&::mdb_txn_abort)> const ended(reading, ::mdb_txn_abort);
  MDB_dbi changes = 0;
  check(::mdb_dbi_open(reading, "changes", 0, &changes));
  MDB_cursor* at = nullptr;
  check(::mdb_cursor_open(reading, changes, &at));
  std::unique_ptr<MDB_cursor, decltype(&::mdb_cursor_close)> const left(at, ::mdb_cursor_close);
  MDB_val key{};
  MDB_val record{};
  check(::mdb_cursor_get(at, &key, &record, MDB_LAST));
  return record.mv_size;
}

class plain_store {
 public:
  plain_store(std::filesystem::path const& directory, std::size_t record_bytes)
      : record_(record_bytes, 'r') {
    std::filesystem::create_directories(directory);
    check(::mdb_env_create(&environment_));
    check(::mdb_env_set_maxdbs(environment_, 2));
    check(::mdb_env_set_mapsize(environment_, std::size_t{256} * 1024 * 1024));
    check(::mdb_env_open(environment_, directory.c_str(), 0, 0600));
    MDB_txn* opening = nullptr;
    check(::mdb_txn_begin(environment_, nullptr, 0, &opening));
    check(::mdb_dbi_open(opening, "values", MDB_CREATE, &values_));
    check(::mdb_dbi_open(opening, "changes", MDB_CREATE, &changes_));
    check(::mdb_txn_commit(opening));
  }
  ~plain_store() { ::mdb_env_close(environment_); }
  plain_store(plain_store const&) = delete;
  plain_store& operator=(plain_store const&) = delete;

  std::size_t record_bytes() const { return record_.size(); }
  /// Commits of so many changes each, for so long.
  figures write(std::size_t changes, std::chrono::milliseconds time) {
    std::vector<double> latencies;
    auto const begin = steady::now();
    auto now = begin;
    while (now < begin + time) {
      auto const before = now;
      commit(changes);
      now = steady::now();
      latencies.push_back(std::chrono::duration<double, std::micro>(now - before).count());
    }
    auto const done = static_cast<double>(latencies.size() * changes);
    return summarize(latencies, done / std::chrono::duration<double>(now - begin).count());
  }

 private:
  static void put(MDB_txn* into, MDB_dbi database, std::string key, std::string value) {
    MDB_val name{.mv_size = key.size(), .mv_data = key.data()};
    MDB_val text{.mv_size = value.size(), .mv_data = value.data()};
    check(::mdb_put(into, database, &name, &text, 0));
  }

  void commit(std::size_t changes) {
    MDB_txn* writing = nullptr;
    check(::mdb_txn_begin(environment_, nullptr, 0, &writing));
    for (std::size_t change = 0; change < changes; ++change, ++next_) {
      put(writing, values_, key_text(next_ % key_count), value_text(next_));
      // In order, as revisions are; the oldest is overwritten, so the file stays as large.
      put(writing, changes_, fmt::format("{:08}", next_ % history_kept), record_);
    }
    check(::mdb_txn_commit(writing));
  }

  std::string record_;
  MDB_env* environment_ = nullptr;
  MDB_dbi values_ = 0;
  MDB_dbi changes_ = 0;
  std::size_t next_ = 0;
};

std::unique_ptr<cfgd_server> start_cfgd(options const& how, std::filesystem::path const& root) {
  auto server = std::make_unique<cfgd_server>(how.cfgd, root);
  write_sources(*server);
  server->start();
  return server;
}

std::unique_ptr<redis_server> start_redis(std::filesystem::path const& directory) {
  auto server = std::make_unique<redis_server>(directory, redis_server::durability::each_write);
  server->fill();
  return server;
}

/// Sets one value, and returns the size of the record of that.
std::size_t record_bytes_of(cfgd_server& server, std::filesystem::path const& root) {
  server.ask("io.cfgd.Config.Set", fmt::format(R"({{"values":{{"{}":"{}"}}}})", key_text(0),
                                               std::string(value_bytes, 'x')));
  return change_record_bytes(root / "state" / "data");
}

struct servers {
  servers(options const& how, test::temporary_directory const& directory)
      : cfgd(start_cfgd(how, directory / "root")),
        lmdb(directory / "lmdb", record_bytes_of(*cfgd, directory / "root")) {
    if (redis_server::is_installed())
      redis = start_redis(directory / "redis");
    else
      fmt::print("redis-server is not installed: left out\n");
    if (etcd_server::is_installed()) {
      etcd = std::make_unique<etcd_server>(directory / "etcd");
      etcd->fill();
    } else {
      fmt::print("etcd is not installed: left out\n");
    }
    if (dconf_service::is_installed())
      dconf = std::make_unique<dconf_service>(directory / "dconf");
    else
      fmt::print("dconf-service and dbus-daemon are not installed: left out\n");
  }
  std::unique_ptr<cfgd_server> cfgd;
  plain_store lmdb;
  std::unique_ptr<redis_server> redis;
  std::unique_ptr<etcd_server> etcd;
  std::unique_ptr<dconf_service> dconf;
};

struct scenario {
  std::string_view name;
  std::size_t clients;
  std::size_t calls;
  std::string_view goal;
};

constexpr scenario scenarios[] = {{"1 client", 1, 1, "<= 1.3 x LMDB, >= 0.75 x redis"},
                                  {"50 clients", 50, 1, ">= 0.8 x redis"},
                                  {"50 clients x 16", 50, 16, ">= 0.5 x redis"}};

/// How many times as long a change takes: by the median of the latency where one call is in flight,
/// by the throughput otherwise.
double times_as_long(std::vector<figures> const& mine, std::vector<figures> const& other,
                     scenario const& what) {
  if (what.clients * what.calls == 1) return ratio_of(mine, other, &figures::p50);
  return ratio_of(other, mine, &figures::per_second);
}

void measure_sets(scenario const& what, servers& all, options const& how, table& out) {
  traffic cfgd = all.cfgd->sets(what.clients, what.calls);
  traffic redis = all.redis ? all.redis->sets(what.clients, what.calls) : traffic{};
  traffic etcd = all.etcd ? all.etcd->sets(what.clients, what.calls) : traffic{};
  std::vector<contender> contenders{
      {"cfgd", [&] { return run_load(cfgd, how.time); }},
      {"LMDB", [&] { return all.lmdb.write(what.clients * what.calls, how.time); }}};
  if (all.redis) contenders.push_back({"redis", [&] { return run_load(redis, how.time); }});
  if (all.etcd) contenders.push_back({"etcd", [&] { return run_load(etcd, how.time); }});
  if (all.dconf && what.clients == 1)
    contenders.push_back({"dconf", [&] { return all.dconf->write(how.time); }});

  auto const results = alternate(contenders, how.rounds);

  for (std::size_t index = 0; index < contenders.size(); ++index) {
    auto const& mine = results[index];
    out.add({fmt::format("{}, {}", what.name, contenders[index].name),
             fixed(median_of(mine, &figures::per_second), 0),
             fixed(median_of(mine, &figures::p50), 0), fixed(median_of(mine, &figures::p99), 0),
             all.redis ? fixed(ratio_of(mine, results[2], &figures::per_second), 2) : "-",
             fixed(times_as_long(mine, results[1], what), 2),
             index == 0 ? std::string(what.goal) : ""});
  }
}

/// One client that reads while 50 write to another server of the same kind, and while they write
/// to this one: the processors and the disk are as busy, so the difference is what writers of the
/// same server cost a reader.
template <class Server>
void measure_gets(std::string const& name, Server& mine, Server& other, options const& how,
                  table& out) {
  traffic reads = mine.gets(1, 1);
  traffic writes = mine.sets(50, 1);
  traffic writes_elsewhere = other.sets(50, 1);
  auto const reads_beside = [&](traffic& what) {
    return run_load(std::vector{&reads, &what}, how.time).front();
  };
  auto const results = alternate({{"elsewhere", [&] { return reads_beside(writes_elsewhere); }},
                                  {"here", [&] { return reads_beside(writes); }}},
                                 how.rounds);
  std::vector<std::string> row{name};
  for (auto const which : {&figures::p50, &figures::p99}) {
    row.push_back(fixed(median_of(results[0], which), 1));
    row.push_back(fixed(median_of(results[1], which), 1));
    row.push_back(fixed(ratio_of(results[1], results[0], which), 2));
  }
  row.emplace_back(name == "cfgd" ? "p50 <= 1.5 x, p99 <= 120 us" : "");
  out.add(std::move(row));
}

} // namespace

void set(options const& how) {
  test::temporary_directory const directory;
  servers all(how, directory);

  table sets({"Set, durable", "calls/s", "p50 us", "p99 us", "x redis", "x LMDB", "goal"});
  for (auto const& what : scenarios)
    measure_sets(what, all, how, sets);
  fmt::print("{}LMDB: with change records of {} bytes\n\n", sets.text(), all.lmdb.record_bytes());

  table gets({"Get while 50 write", "p50 us, elsewhere", "here", "x", "p99 us, elsewhere", "here",
              "x", "goal"});
  auto const other = start_cfgd(how, directory / "other-root");
  measure_gets("cfgd", *all.cfgd, *other, how, gets);
  if (all.redis) {
    auto const other_redis = start_redis(directory / "other-redis");
    measure_gets("redis", *all.redis, *other_redis, how, gets);
  }
  fmt::print("{}\n", gets.text());
}

} // namespace cfgd::bench
