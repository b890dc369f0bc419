#include "tests/bench/bench.hpp"
#include "tests/bench/counted_daemon.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <gnu/libc-version.h>
#include <sys/utsname.h>

#include <cmath>
#include <fstream>
#include <map>
#include <stdexcept>

// Instructions that the daemon executes for one operation, counted by callgrind. Times differ from
// run to run and from machine to machine; counts do not, so a change of a few percent is seen.
//
// Counts depend on the compiler and the libraries. The file of committed figures names what they
// were made with; with anything else they are not compared.

namespace cfgd::bench {
namespace {

constexpr double tolerance = 0.03;
constexpr std::size_t pipelined = 16;
constexpr std::size_t watchers = 50;
/// What the counts depend on, in one line.
std::string circumstances() {
  utsname machine{};
  ::uname(&machine);
  return fmt::format("{} {} SSE 4.2, g++ {}, {}, glibc {}, {}", machine.machine,
                     __builtin_cpu_supports("sse4.2") != 0 ? "with" : "without", __VERSION__,
                     CFGD_BUILD_TYPE, ::gnu_get_libc_version(),
                     output_of("valgrind --version 2>/dev/null"));
}

using counts = std::vector<std::pair<std::string, double>>;

counts count_all(options const& how, std::filesystem::path const& directory) {
  counted_daemon daemon(how, directory);
  operations& does = daemon.does();
  counts out;
  auto const count = [&](std::string name, std::size_t times, double each, auto run) {
    out.emplace_back(std::move(name), daemon.instructions(run, times) / each);
  };
  for (std::size_t warm = 0; warm < key_count / pipelined; ++warm)
    does.get(pipelined);
  count("Get", 1'000, 1, [&] { does.get(); });
  count("Get, 16 in flight", 250, pipelined, [&] { does.get(pipelined); });
  count("Set", 200, 1, [&] { does.set(); });
  does.add_watchers(1);
  count("file change, 1 watcher", 100, 1, [&] { does.edit(); });
  does.remove_watchers();
  does.add_watchers(watchers);
  count(fmt::format("Set, {} watchers", watchers), 50, 1, [&] { does.push(); });
  return out;
}

/// Of a Set, by the size of what the daemon holds.
void count_curve(std::string const& name, options const& how, world (*at)(std::size_t size)) {
  constexpr std::size_t sets = 50;
  std::vector<std::string> header{name};
  std::vector<std::string> row{"instructions of a Set"};
  std::vector<std::pair<double, double>> points;
  for (std::size_t size = 10; size <= how.largest; size *= 10) {
    test::temporary_directory const directory;
    counted_daemon daemon(how, directory.path(), at(size));
    auto const count = daemon.instructions([&] { daemon.does().set(); }, sets);
    points.emplace_back(static_cast<double>(size), count);
    header.push_back(std::to_string(size));
    row.push_back(fixed(count, 0));
  }
  header.emplace_back("exponent");
  row.push_back(fixed(fitted_exponent(points), 2));
  table out(header);
  out.add(std::move(row));
  fmt::print("{}\n", out.text());
  std::fflush(stdout);
}

struct committed {
  std::string made_with;
  std::map<std::string, double> figures;
};

committed read_figures(std::string const& path) {
  committed out;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    auto const colon = line.rfind(": ");
    if (line.starts_with('#') || colon == line.npos) continue;
    if (line.starts_with("made with: "))
      out.made_with = line.substr(colon + 2);
    else
      out.figures[line.substr(0, colon)] = std::stod(line.substr(colon + 2));
  }
  return out;
}

void write_figures(std::string const& path, counts const& all) {
  std::ofstream out(path);
  out << "# Instructions of the daemon for one operation. To write this file again:\n"
         "# build/release/bin/cfgd_bench counts --renew (docs/benchmarks.md).\n"
      << "made with: " << circumstances() << '\n';
  for (auto const& [name, value] : all)
    out << name << ": " << std::llround(value) << '\n';
  if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

} // namespace

void count_instructions(options const& how) {
  if (!is_counted()) return;
  test::temporary_directory const directory;
  auto const all = count_all(how, directory.path());
  if (how.renew) write_figures(CFGD_BENCH_FIGURES, all);

  auto const before = read_figures(CFGD_BENCH_FIGURES);
  bool const comparable = before.made_with == circumstances();
  bool differs = false;
  table out({"Instructions", "now", "committed", "x"});
  for (auto const& [name, value] : all) {
    auto const found = before.figures.find(name);
    double const ratio = found == before.figures.end() ? 0 : value / found->second;
    differs = differs || std::abs(ratio - 1) > tolerance;
    out.add({name, fixed(value, 0), found == before.figures.end() ? "-" : fixed(found->second, 0),
             fixed(ratio, 3)});
  }
  fmt::print("{}\n", out.text());
  if (!comparable)
    fmt::print("not compared: counted with {}\n  committed figures are from {}\n", circumstances(),
               before.made_with);
  else if (differs)
    throw std::runtime_error(
        fmt::format("instructions differ by more than {:.0f} %. If that is intended, commit what "
                    "`cfgd_bench counts --renew` writes to {}",
                    tolerance * 100, CFGD_BENCH_FIGURES));
}

void count_curves(options const& how) {
  if (!is_counted()) return;
  constexpr std::size_t short_value = 8;
  count_curve("keys in the namespace", how, [](std::size_t size) {
    return world{.namespaces = 1, .keys = size, .value_bytes = short_value};
  });
  count_curve("keys in a namespace with a schema", how, [](std::size_t size) {
    return world{.namespaces = 1, .keys = size, .value_bytes = short_value, .has_schema = true};
  });
  count_curve("namespaces", how, [](std::size_t size) {
    return world{.namespaces = size, .keys = 10, .value_bytes = short_value};
  });
  count_curve("revisions of history", how,
              [](std::size_t size) { return world{.revisions = size}; });
}

} // namespace cfgd::bench
