#include "tests/bench/bench.hpp"
#include "tests/bench/operations.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <gnu/libc-version.h>
#include <sys/utsname.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>

// Instructions that the daemon executes for one operation, counted by callgrind. Times differ from
// run to run and from machine to machine; counts do not, so a change of a few percent is seen.
//
// One daemon runs in callgrind, and its counters are written to a file and set to zero between the
// operations (dump_on_signal.cpp). What could make counts differ is fixed: addresses, the
// environment, the variants of memcpy and strlen that glibc selects by processor, and checks that
// the daemon makes by the clock. Counters are read when no thread of the daemon runs, so they hold
// also what it does after its answer.
//
// Counts depend on the compiler and the libraries. The file of committed figures names what they
// were made with; with anything else they are not compared.

namespace cfgd::bench {
namespace {

#ifndef CFGD_BENCH_DUMP
#define CFGD_BENCH_DUMP "" // without the headers of valgrind there is none
#endif

constexpr double tolerance = 0.03;
constexpr std::size_t pipelined = 16;
constexpr std::size_t watchers = 50;
constexpr std::chrono::milliseconds between_looks{30};
constexpr std::chrono::seconds longest_wait{30};

/// Only what every x86-64 processor has; thresholds that glibc derives from the caches.
constexpr std::string_view tunables =
    "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-AVX,-SSE4_2,-SSE4_1,-SSSE3,-BMI1,-BMI2,"
    "-LZCNT,-MOVBE,-POPCNT,-FMA,-ERMS,-FSRM,-RTM:glibc.cpu.x86_non_temporal_threshold=0x4000000:"
    "glibc.cpu.x86_rep_movsb_threshold=0x4000000:glibc.cpu.x86_rep_stosb_threshold=0x4000000";

/// Health checks once a day: only those at the start.
constexpr std::string_view no_checks =
    "[health]\ninterval_ms = 86400000\n[health.integrity]\ninterval_ms = 86400000\n"
    "[health.loop]\ninterval_ms = 86400000\n[health.committer]\ninterval_ms = 86400000\n";

std::string output_of(char const* command) {
  std::unique_ptr<FILE, int (*)(FILE*)> const pipe(::popen(command, "r"), ::pclose); // NOLINT
  std::string text;
  for (int c = 0; pipe && (c = std::fgetc(pipe.get())) != EOF && c != '\n';)
    text += static_cast<char>(c);
  return text;
}

/// What the counts depend on, in one line.
std::string circumstances() {
  utsname machine{};
  ::uname(&machine);
  return fmt::format("{} {} SSE 4.2, g++ {}, {}, glibc {}, {}", machine.machine,
                     __builtin_cpu_supports("sse4.2") != 0 ? "with" : "without", __VERSION__,
                     CFGD_BUILD_TYPE, ::gnu_get_libc_version(),
                     output_of("valgrind --version 2>/dev/null"));
}

/// The command that runs the daemon in callgrind, with `out` as the name of its files.
std::vector<std::string> callgrind(std::filesystem::path const& out) {
  std::vector<std::string> command{"env",
                                   "-i",
                                   "PATH=/usr/bin:/bin",
                                   "LC_ALL=C",
                                   fmt::format("GLIBC_TUNABLES={}", tunables),
                                   fmt::format("LD_PRELOAD={}", CFGD_BENCH_DUMP)};
  // Addresses are salts of hash tables. Valgrind places the program itself, a container may forbid
  // the rest.
  if (std::system("setarch -R true 2>/dev/null") == 0) // NOLINT: no other thread yet
    command.insert(command.end(), {"setarch", "-R"});
  command.insert(command.end(), {"valgrind", "--tool=callgrind", "--vgdb=no",
                                 fmt::format("--callgrind-out-file={}", out.string())});
  return command;
}

class counted_daemon {
 public:
  counted_daemon(options const& how, std::filesystem::path const& directory, world const& what = {})
      : out_(directory / "counts"),
        server_(how.cfgd, directory / "root", settings_of(what) + std::string(no_checks),
                callgrind(out_)),
        does_(server_, what) {
    server_.ask("io.cfgd.Service.RunChecks");
  }
  operations& does() { return does_; }

  /// Of each of `count` runs.
  double instructions(std::function<void()> const& run, std::size_t count) {
    run(); // caches are as for all later ones
    take_count();
    for (std::size_t done = 0; done < count; ++done)
      run();
    return take_count() / static_cast<double>(count);
  }

 private:
  /// What was counted since the last call.
  double take_count() {
    wait_until_idle();
    ::kill(server_.process().pid(), SIGUSR2);
    std::string const path = fmt::format("{}.{}", out_.string(), ++dumps_);
    auto const end = steady::now() + longest_wait;
    while (steady::now() < end) {
      std::ifstream in(path);
      for (std::string line; std::getline(in, line);)
        // It is the last one, and complete with its end.
        if (line.starts_with("totals: ") && !in.eof()) return std::stod(line.substr(8));
      pause(between_looks);
      server_.process().check_alive();
    }
    throw std::runtime_error("callgrind does not write " + path);
  }

  /// How often threads of the daemon have given up the processor.
  std::size_t switches() {
    std::size_t total = 0;
    auto const tasks = fmt::format("/proc/{}/task", server_.process().pid());
    for (auto const& task : std::filesystem::directory_iterator(tasks)) {
      std::ifstream in(task.path() / "status");
      for (std::string line; std::getline(in, line);)
        if (line.find("ctxt_switches:") != line.npos)
          total += std::stoull(line.substr(line.find(':') + 1));
    }
    return total;
  }

  void wait_until_idle() {
    auto const end = steady::now() + longest_wait;
    int unchanged = 0;
    for (auto before = switches(); unchanged < 3 && steady::now() < end;) {
      pause(between_looks);
      auto const now = switches();
      unchanged = now == before ? unchanged + 1 : 0;
      before = now;
    }
    if (unchanged < 3) throw std::runtime_error("the daemon does not come to rest");
  }

  std::filesystem::path out_;
  cfgd_server server_;
  operations does_;
  std::size_t dumps_ = 0;
};

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

bool is_counted() {
  bool const can = *CFGD_BENCH_DUMP != '\0' && !output_of("valgrind --version 2>/dev/null").empty();
  if (!can) fmt::print("instructions: not compared, valgrind is not installed\n");
  return can;
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
