#include "tests/bench/bench.hpp"
#include "tests/bench/operations.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <memory>

// The first state of a Watch: from the call to the last of all values, on a connection that is
// there. The peer is one hash of redis with the same names and values, and HGETALL.

namespace cfgd::bench {
namespace {

void measure(std::size_t namespaces, redis_server* redis, options const& how, table& out) {
  test::temporary_directory const directory;
  world const what{.namespaces = namespaces};
  cfgd_server server(how.cfgd, directory / "root", settings_of(what));
  operations does(server, what);
  std::size_t const keys = what.namespaces * what.keys;
  std::vector<contender> contenders{{"cfgd", [&] {
                                       auto const time = does.snapshot().count();
                                       return figures{.p50 = time, .p99 = time};
                                     }}};
  traffic all;
  if (redis != nullptr) {
    all = redis->get_all(keys);
    contenders.push_back({"redis", [&] { return run_load(all, how.time); }});
  }

  auto const results = alternate(contenders, how.rounds);

  for (std::size_t index = 0; index < contenders.size(); ++index) {
    auto const time = median_of(results[index], &figures::p50);
    out.add({fmt::format("{} values, {}", keys, contenders[index].name), fixed(time / 1000, 2),
             fixed(time * 1000 / static_cast<double>(keys), 0),
             redis == nullptr ? "-"
                              : fixed(ratio_of(results[index], results.back(), &figures::p50), 2)});
  }
}

} // namespace

void snapshot(options const& how) {
  test::temporary_directory const directory;
  std::unique_ptr<redis_server> redis;
  if (redis_server::is_installed())
    redis = std::make_unique<redis_server>(directory / "redis", redis_server::durability::none);
  else
    fmt::print("redis-server is not installed: cfgd alone\n");
  table out({"First state of a Watch", "ms", "ns a value", "time x redis"});
  for (std::size_t namespaces = 1; namespaces <= how.namespaces; namespaces *= 10)
    measure(namespaces, redis.get(), how, out);
  fmt::print("{}\n", out.text());
}

} // namespace cfgd::bench
