#include "tests/bench/bench.hpp"
#include "tests/bench/operations.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>

// How each operation grows with what the daemon holds. One daemon for each size, all of one curve
// at the same time and taken in turn, so that a busy moment of the machine does not bend it. The
// exponent is fitted to the medians: 0 is flat, 1 is linear. The settling time of files is 0 here.

namespace cfgd::bench {
namespace {

constexpr std::size_t gets_each_round = 100;
constexpr std::size_t writes_each_round = 10;
/// So that the largest namespace is below the limit for one.
constexpr std::size_t short_value = 8;

struct curve {
  std::string name;
  std::vector<std::size_t> sizes;
  std::function<world(std::size_t)> at;
};

/// Powers of ten.
std::vector<std::size_t> sizes_of(std::size_t least, std::size_t largest) {
  std::vector<std::size_t> out;
  for (auto size = least; size <= largest; size *= 10)
    out.push_back(size); // NOLINT(performance-inefficient-vector-operation): six at most
  return out;
}

std::vector<curve> curves_of(options const& how) {
  return {{"keys in the namespace", sizes_of(10, how.largest),
           [](std::size_t size) {
             return world{.namespaces = 1, .keys = size, .watchers = 1, .value_bytes = short_value};
           }},
          {"namespaces", sizes_of(1, how.largest),
           [](std::size_t size) {
             return world{
                 .namespaces = size, .keys = 10, .watchers = 1, .value_bytes = short_value};
           }},
          {"revisions of history", sizes_of(10, how.largest),
           [](std::size_t size) { return world{.revisions = size, .watchers = 1}; }},
          {"watchers", sizes_of(1, how.watchers),
           [](std::size_t size) { return world{.watchers = size}; }}};
}

struct operation {
  std::string_view name;
  std::size_t times; ///< in each round
  operations::microseconds (*run)(operations&);
};

constexpr std::array all_operations{
    operation{"Get", gets_each_round, [](operations& on) { return on.get(); }},
    operation{"Set", writes_each_round, [](operations& on) { return on.set(); }},
    operation{"Set until the last watcher", writes_each_round,
              [](operations& on) { return on.push(); }},
    operation{"file change until the last watcher", writes_each_round,
              [](operations& on) { return on.edit(); }}};

/// A daemon of one size.
struct point {
  point(options const& how, std::filesystem::path const& root, world const& what)
      : server(how.cfgd, root, settings_of(what)), does(server, what) {}
  cfgd_server server;
  operations does;
  std::array<std::vector<double>, all_operations.size()> samples;
};

void measure(curve const& what, options const& how) {
  test::temporary_directory const directory;
  std::vector<std::unique_ptr<point>> points;
  points.reserve(what.sizes.size());
  for (auto const size : what.sizes)
    points.push_back(
        std::make_unique<point>(how, directory / fmt::format("{}", size), what.at(size)));

  for (unsigned round = 0; round < how.rounds; ++round)
    for (std::size_t index = 0; index < all_operations.size(); ++index)
      for (auto& one : points)
        for (std::size_t times = 0; times < all_operations[index].times; ++times)
          one->samples[index].push_back(all_operations[index].run(one->does).count());

  std::vector<std::string> header{what.name + ", us"};
  for (auto const size : what.sizes)
    header.push_back(std::to_string(size));
  header.emplace_back("exponent");
  table out(header);
  for (std::size_t index = 0; index < all_operations.size(); ++index) {
    std::vector<std::string> row{std::string(all_operations[index].name)};
    std::vector<std::pair<double, double>> medians;
    for (std::size_t at = 0; at < points.size(); ++at) {
      medians.emplace_back(what.sizes[at], median(points[at]->samples[index]));
      row.push_back(fixed(medians.back().second, 0));
    }
    row.push_back(fixed(fitted_exponent(medians), 2));
    out.add(std::move(row));
  }
  fmt::print("{}\n", out.text());
  std::fflush(stdout);
}

} // namespace

void scale(options const& how) {
  for (auto const& one : curves_of(how))
    measure(one, how);
}

} // namespace cfgd::bench
