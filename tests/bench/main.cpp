#include "tests/bench/bench.hpp"
#include "tests/bench/machine.hpp"
#include "tests/support/attacks.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

// Measures cfgd beside its peers, all in one run on one machine: docs/benchmarks.md.

namespace {

using namespace cfgd;

struct part {
  std::string name;
  std::function<void(bench::options const&)> measure;
  bool only_when_named = false;
};

std::vector<part> const parts{{"get", bench::get},
                              {"watch", bench::watch},
                              {"start", bench::start},
                              {"set", bench::set},
                              {"policy", bench::policy},
                              {"live", bench::live},
                              {"fanout", bench::fanout},
                              {"attack", bench::attack},
                              {"snapshot", bench::snapshot},
                              {"scale", bench::scale},
                              {"held", bench::held},
                              {"compare", bench::compare, true},
                              {"counts", bench::count_instructions, true},
                              {"count_curves", bench::count_curves, true},
                              {"hidden", bench::hidden, true}};

struct command_line {
  std::vector<std::string> names;
  std::string directory = CFGD_BENCH_DIRECTORY;
  bench::options how;
};

void declare(CLI::App& app, command_line& into, long& milliseconds) {
  std::vector<std::string> known;
  known.reserve(parts.size());
  for (auto const& one : parts)
    known.push_back(one.name);
  app.add_option("name", into.names,
                 "Parts to run; without one all but compare and those that count instructions")
      ->check(CLI::IsMember(known));
  app.add_option("--rounds", into.how.rounds, "Times that each thing is measured, in turn")
      ->check(CLI::Range(1, 1'000))
      ->envname("CFGD_BENCH_ROUNDS")
      ->capture_default_str();
  app.add_option("--milliseconds", milliseconds, "Length of one measurement under load")
      ->check(CLI::Range(1, 60'000))
      ->capture_default_str();
  app.add_option("--edits", into.how.edits, "Edits that a watcher receives")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--namespaces", into.how.namespaces, "Namespaces at a start, of 100 keys each")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--revisions", into.how.revisions, "Revisions of history")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--subscribers", into.how.subscribers, "Watchers that all get one change")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  std::vector<std::string> attacks;
  for (auto const& one : test::attacks())
    attacks.emplace_back(one.name);
  app.add_option("--attack", into.how.attacks, "The only attacks; the option once for each")
      ->check(CLI::IsMember(attacks));
  app.add_option("--namespace-mib", into.how.namespace_mib, "Size of the attacked namespace")
      ->check(CLI::Range(1, 7))
      ->capture_default_str();
  app.add_option("--history-mib", into.how.history_mib, "Size of the history under attack")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  app.add_flag("--memory-limit", into.how.memory_limit,
               "Attack a daemon in a cgroup with the memory, descriptors and watchdog of the unit");
  app.add_option("--largest", into.how.largest, "Largest size of a scale curve, from 10")
      ->check(CLI::Range(10, 100'000))
      ->capture_default_str();
  app.add_option("--compare", into.how.other,
                 "Another build, or its cfgd: both in turn, and the ratios")
      ->check(CLI::ExistingPath);
  app.add_flag("--renew", into.how.renew, "Write the committed counts of instructions again");
  app.add_option("--cfgd", into.how.cfgd, "The program that is measured")
      ->check(CLI::ExistingFile)
      ->capture_default_str();
  app.add_option("--directory", into.directory, "Where data go; not a tmpfs")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
}

int run(command_line const& asked) {
  // Where temporary directories are made.
  ::setenv("TMPDIR", asked.directory.c_str(), 1);
  ::signal(SIGPIPE, SIG_IGN);
  fmt::print("{}\n{} rounds; load {}\n\n", bench::describe_machine(asked.directory),
             asked.how.rounds, bench::load_now());
  for (auto const& one : parts) {
    bool const named = std::ranges::find(asked.names, one.name) != asked.names.end();
    if (!named && (one.only_when_named || !asked.names.empty())) continue;
    one.measure(asked.how);
    fmt::print("load after {}: {}\n\n", one.name, bench::load_now());
    std::fflush(stdout);
  }
  return EXIT_SUCCESS;
}

} // namespace

int main(int argc, char** argv) {
  command_line asked;
  long milliseconds = asked.how.time.count();
  CLI::App app("Measures cfgd beside its peers on this machine", "cfgd_bench");
  declare(app, asked, milliseconds);
  CLI11_PARSE(app, argc, argv);
  asked.how.time = std::chrono::milliseconds(milliseconds);
  if (std::filesystem::is_directory(asked.how.other)) asked.how.other += "/bin/cfgd";
  if (!asked.how.other.empty() && asked.names.empty()) asked.names = {"compare"};
  try {
    return run(asked);
  } catch (std::exception const& wrong) {
    std::fflush(stdout);
    fmt::print(stderr, "cfgd_bench: {}\n", wrong.what());
    return EXIT_FAILURE;
  }
}
