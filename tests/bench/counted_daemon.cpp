#include "tests/bench/counted_daemon.hpp"

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <vector>

// The counters of the daemon are written to a file and set to zero between the operations
// (dump_on_signal.cpp). What could make counts differ is fixed: addresses, the environment, the
// variants of memcpy and strlen that glibc selects by processor, and checks that the daemon makes
// by the clock. Counters are read when no thread of the daemon runs, so they hold also what it does
// after its answer.

namespace cfgd::bench {
namespace {

#ifndef CFGD_BENCH_DUMP
#define CFGD_BENCH_DUMP "" // without the headers of valgrind there is none
#endif

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

} // namespace

std::string output_of(char const* command) {
  std::unique_ptr<FILE, int (*)(FILE*)> const pipe(::popen(command, "r"), ::pclose); // NOLINT
  std::string text;
  for (int c = 0; pipe && (c = std::fgetc(pipe.get())) != EOF && c != '\n';)
    text += static_cast<char>(c);
  return text;
}

bool is_counted() {
  bool const can = *CFGD_BENCH_DUMP != '\0' && !output_of("valgrind --version 2>/dev/null").empty();
  if (!can) fmt::print("instructions: not compared, valgrind is not installed\n");
  return can;
}

counted_daemon::counted_daemon(options const& how, std::filesystem::path const& directory,
                               world const& what)
    : out_(directory / "counts"),
      server_(how.cfgd, directory / "root", settings_of(what) + std::string(no_checks),
              callgrind(out_)),
      does_(server_, what) {
  server_.ask("io.cfgd.Service.RunChecks");
}

double counted_daemon::instructions(std::function<void()> const& run, std::size_t count) {
  run(); // caches are as for all later ones
  take_count();
  for (std::size_t done = 0; done < count; ++done)
    run();
  return take_count() / static_cast<double>(count);
}

/// What was counted since the last call.
double counted_daemon::take_count() {
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
std::size_t counted_daemon::switches() {
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

void counted_daemon::wait_until_idle() {
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

} // namespace cfgd::bench
