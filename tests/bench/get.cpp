#include "tests/bench/bench.hpp"
#include "tests/bench/peers.hpp"
#include "tests/bench/servers.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <memory>

// Get of one value of 64 bytes, out of 1,000 keys at random, over a Unix socket.

namespace cfgd::bench {
namespace {

struct scenario {
  std::string_view name;
  std::size_t clients;
  std::size_t calls;
  std::string_view goal;
};

constexpr scenario scenarios[] = {{"1 client", 1, 1, ">= 1.05"},
                                  {"50 clients", 50, 1, ">= 1.10, p99 <= 1"},
                                  {"50 clients x 16", 50, 16, ">= 1.5"}};

struct servers {
  cfgd_server cfgd;
  echo_server echo;
  std::unique_ptr<etcd_server> etcd = {};
  std::unique_ptr<redis_server> redis = {};
};

void measure(scenario const& what, servers const& all, options const& how, table& out) {
  std::vector<traffic> kinds{all.cfgd.gets(what.clients, what.calls)};
  std::vector<std::string> names{"cfgd"};
  kinds.push_back(all.echo.messages(what.clients, what.calls));
  names.emplace_back("echo");
  if (all.etcd) {
    kinds.push_back(all.etcd->gets(what.clients, what.calls));
    names.emplace_back("etcd");
  }
  if (all.redis) {
    kinds.push_back(all.redis->gets(what.clients, what.calls));
    names.emplace_back("redis");
  }
  std::vector<contender> contenders;
  for (std::size_t index = 0; index < kinds.size(); ++index)
    contenders.push_back(
        {names[index], [&kinds, &how, index] { return run_load(kinds[index], how.time); }});

  auto const results = alternate(contenders, how.rounds);

  for (std::size_t index = 0; index < kinds.size(); ++index) {
    auto const& mine = results[index];
    auto const ratio = [&](double figures::*which) {
      return !all.redis ? "-" : fixed(ratio_of(mine, results.back(), which), 2);
    };
    out.add({fmt::format("{}, {}", what.name, names[index]),
             fixed(median_of(mine, &figures::per_second), 0),
             fixed(median_of(mine, &figures::p50), 1), fixed(median_of(mine, &figures::p99), 1),
             ratio(&figures::per_second), ratio(&figures::p99),
             index == 0 ? std::string(what.goal) : ""});
  }
}

} // namespace

void get(options const& how) {
  test::temporary_directory const directory;
  servers all{.cfgd = cfgd_server(how.cfgd, directory / "root"),
              .echo = echo_server(directory / "echo")};
  write_sources(all.cfgd);
  all.cfgd.start();
  if (etcd_server::is_installed()) {
    all.etcd = std::make_unique<etcd_server>(directory / "etcd");
    all.etcd->fill();
  } else {
    fmt::print("etcd is not installed: left out\n");
  }
  if (redis_server::is_installed()) {
    all.redis = std::make_unique<redis_server>(directory / "redis", redis_server::durability::none);
    all.redis->fill();
  } else {
    fmt::print("redis-server is not installed: left out\n");
  }

  table out({"Get", "calls/s", "p50 us", "p99 us", "x redis", "p99 x redis", "goal"});
  for (auto const& what : scenarios)
    measure(what, all, how, out);
  fmt::print("{}\n", out.text());
}

} // namespace cfgd::bench
