#include "client/live.hpp"

#include "tests/bench/bench.hpp"
#include "tests/bench/dconf.hpp"
#include "tests/bench/servers.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

// Look-ups of all key_count keys, in no order, in this process: no call is made. One thread,
// because readers share nothing that is written. The length of each value is checked, so that
// nothing is optimized away.

namespace cfgd::bench {
namespace {

using lookup = std::function<std::size_t(std::vector<std::string> const&)>;

/// Nanoseconds of one look-up, in `p50`.
figures measure(lookup const& all, std::vector<std::string> const& keys,
                std::chrono::milliseconds time) {
  std::vector<double> samples;
  auto const end = steady::now() + time;
  do {
    auto const before = steady::now();
    std::size_t const bytes = all(keys);
    auto const passed = std::chrono::duration<double, std::nano>(steady::now() - before);
    if (bytes != keys.size() * value_text(0).size())
      throw std::runtime_error("not the values that were written");
    samples.push_back(passed.count() / static_cast<double>(keys.size()));
  } while (steady::now() < end);
  double const each = percentile(samples, 0.5);
  return {.per_second = 1e9 / each, .p50 = each, .p99 = percentile(samples, 0.99)};
}

/// All keys, in an order without a pattern.
std::vector<std::string> shuffled_keys() {
  std::vector<std::string> keys(key_count);
  for (std::size_t number = 0; number < key_count; ++number)
    keys[number] = key_text(number);
  std::ranges::shuffle(keys, std::mt19937(1)); // NOLINT: the same for every run
  return keys;
}

} // namespace

void live(options const& how) {
  test::temporary_directory const directory;
  cfgd_server cfgd(how.cfgd, directory / "root");
  write_sources(cfgd);
  cfgd.start();
  auto const service =
      client::live::open({.prefixes = {}, .address = cfgd.socket().string()}).value();
  auto const keys = shuffled_keys();
  auto paths = keys;
  std::ranges::transform(keys, paths.begin(), dconf_reader::path_of);

  auto values = service.values();
  auto const refreshed = [&](std::vector<std::string> const& all) {
    std::size_t bytes = 0;
    for (auto const& key : all) {
      values.refresh();
      bytes += values.get<std::string_view>(key).value_or("").size();
    }
    return bytes;
  };
  auto const single = [&](std::vector<std::string> const& all) {
    std::size_t bytes = 0;
    for (auto const& key : all)
      bytes += service.values().get<std::string_view>(key).value_or("").size();
    return bytes;
  };
  auto const copied = [&](std::vector<std::string> const& all) {
    std::size_t bytes = 0;
    for (auto const& key : all)
      bytes += service.get<std::string>(key).value_or("").size();
    return bytes;
  };
  std::vector<contender> all{
      {"live_values, refreshed before each", [&] { return measure(refreshed, keys, how.time); }},
      {"live::get, a copy of the string", [&] { return measure(copied, keys, how.time); }},
      {"live::values() for each", [&] { return measure(single, keys, how.time); }}};
  auto const dconf = dconf_reader::make(directory / "dconf");
  if (dconf) {
    auto const read = [&](std::vector<std::string> const& which) {
      std::size_t bytes = 0;
      for (auto const& path : which)
        bytes += dconf->read(path);
      return bytes;
    };
    all.push_back({"dconf_client_read", [&, read] { return measure(read, paths, how.time); }});
  } else {
    fmt::print("dconf (libdconf1) is not installed\n");
  }

  auto const rounds = alternate(all, how.rounds);
  table out({fmt::format("look-up in {} keys", key_count), "ns", "x dconf", "goal"});
  for (std::size_t number = 0; number < all.size(); ++number) {
    auto const ratio =
        dconf ? fixed(ratio_of(rounds[number], rounds.back(), &figures::p50), 3) : "-";
    out.add({all[number].name, fixed(median_of(rounds[number], &figures::p50), 1), ratio,
             number == 0 ? "<= 40 ns, <= 0.125 x dconf" : ""});
  }
  fmt::print("{}\n", out.text());
}

} // namespace cfgd::bench
