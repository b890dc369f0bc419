#include "tests/bench/bench.hpp"
#include "tests/bench/operations.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <memory>

// Two builds of cfgd, the first thing with both in turn, then the next. Single figures of one run
// do not compare with those of another run; the ratios of one run do.

namespace cfgd::bench {
namespace {

constexpr std::size_t writes_each_round = 20;

enum class better : std::uint8_t { more, less };

/// A build: one daemon for calls, the files of another for starts.
struct build {
  build(options const& how, std::string const& program, std::filesystem::path const& directory)
      : server(program, directory / "root", settings_of({})), does(server, {}),
        started(program, directory / "started"), large{.namespaces = how.namespaces},
        time(how.time) {
    write_files(started, large);
  }
  cfgd_server server;
  operations does;
  cfgd_server started; ///< not running between two measures
  world large;
  std::chrono::milliseconds time;
};

struct measure {
  std::string name;
  better which = better::more;
  std::function<double(build&)> run;
};

measure load(std::string name, std::size_t clients, std::size_t calls,
             std::function<traffic(cfgd_server&, std::size_t, std::size_t)> const& make) {
  return {std::move(name), better::more, [=](build& on) {
            traffic what = make(on.server, clients, calls);
            return run_load(what, on.time).per_second;
          }};
}

measure each(std::string name, operations::microseconds (operations::*what)()) {
  return {std::move(name), better::less, [what](build& on) {
            // Only now: it does not read what the load changes.
            on.does.add_watchers(1);
            std::vector<double> samples;
            samples.reserve(writes_each_round);
            for (std::size_t count = 0; count < writes_each_round; ++count)
              samples.push_back((on.does.*what)().count());
            on.does.remove_watchers();
            return median(std::move(samples));
          }};
}

double first_start(build& on) {
  std::filesystem::remove_all(on.started.root() / "state");
  auto const took = on.started.start().count();
  on.started.stop();
  return took;
}

double second_start(build& on) {
  auto const took = on.started.start().count();
  on.started.stop();
  return took;
}

double memory_at_rest(build& on) {
  on.started.start();
  auto const memory = steady_memory(on.started);
  on.started.stop();
  return static_cast<double>(memory.resident) / (1024 * 1024);
}

double get_beside_writers(build& on) {
  traffic reads = on.server.gets(1, 1);
  traffic writes = on.server.sets(50, 1);
  return run_load(std::vector{&reads, &writes}, on.time).front().p99;
}

std::vector<measure> all_measures() {
  return {load("Get, 1 client, calls/s", 1, 1, &cfgd_server::gets),
          load("Get, 50 clients, calls/s", 50, 1, &cfgd_server::gets),
          load("Get, 50 clients x 16, calls/s", 50, 16, &cfgd_server::gets),
          load("Set, 1 client, calls/s", 1, 1, &cfgd_server::sets),
          load("Set, 50 clients, calls/s", 50, 1, &cfgd_server::sets),
          load("Set, 50 clients x 16, calls/s", 50, 16, &cfgd_server::sets),
          {"Get while 50 write, p99 us", better::less, get_beside_writers},
          each("Set until the watcher, us", &operations::push),
          each("file change until the watcher, us", &operations::edit),
          each("first state of a Watch, us", &operations::snapshot),
          {"first start, ms", better::less, first_start},
          {"start, nothing changed, ms", better::less, second_start},
          {"RSS at rest, MiB", better::less, memory_at_rest}};
}

} // namespace

void compare(options const& how) {
  test::temporary_directory const directory;
  build mine(how, how.cfgd, directory / "this");
  build other(how, how.other.empty() ? how.cfgd : how.other, directory / "other");
  fmt::print("this: {}\nother: {}\n", how.cfgd, how.other.empty() ? how.cfgd : how.other);

  table out({"Two builds", "this", "other", "times as good"});
  for (auto const& one : all_measures()) {
    auto const value_of = [&one](build& on) {
      return [&one, &on] { return figures{.p50 = one.run(on)}; };
    };
    auto const results =
        alternate({{"this", value_of(mine)}, {"other", value_of(other)}}, how.rounds);
    bool const more = one.which == better::more;
    out.add({one.name, fixed(median_of(results[0], &figures::p50), 1),
             fixed(median_of(results[1], &figures::p50), 1),
             fixed(ratio_of(results[more ? 0 : 1], results[more ? 1 : 0], &figures::p50), 2)});
  }
  fmt::print("{}\n", out.text());
}

} // namespace cfgd::bench
