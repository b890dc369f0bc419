#include "tests/bench/bench.hpp"
#include "tests/bench/servers.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <vector>

// Time from exec to the first Status that says ready, and memory once the daemon has come to rest:
// the first integrity check reads the whole store, and what a start needs for a moment is given
// back later. Files are in the page cache: what is measured is the daemon, not the disk. Names of
// keys have 24 bytes besides the namespace, values 64.

namespace cfgd::bench {
namespace {

constexpr std::size_t keys = 100;
constexpr double mebibyte = 1024.0 * 1024.0;

void write_namespaces(cfgd_server const& into, unsigned count) {
  for (unsigned name = 0; name < count; ++name) {
    std::string text = "{";
    for (std::size_t key = 0; key < keys; ++key)
      text += fmt::format("{}\n  \"name_of_a_setting_{:06}\": \"{}\"", key == 0 ? "" : ",", key,
                          value_text(name * keys + key));
    test::write_file(into.source(fmt::format("ns_{:04}.json", name)), text + "\n}\n");
  }
}

/// What one state of the daemon was measured to be, round by round.
struct series {
  std::vector<double> milliseconds;
  std::vector<double> resident;
  std::vector<double> anonymous;

  void note(double time, memory_use const& memory) {
    milliseconds.push_back(time);
    resident.push_back(static_cast<double>(memory.resident));
    anonymous.push_back(static_cast<double>(memory.anonymous));
  }
};

struct measured {
  series empty;
  series first;
  series unchanged;
  series warm;
  std::vector<double> watcher_bytes;
};

void measure_watchers(cfgd_server& cfgd, unsigned count, std::vector<double>& bytes) {
  using namespace std::string_view_literals;
  auto const before = memory_of(cfgd.process().pid()).anonymous;
  std::vector<int> sockets;
  for (unsigned number = 0; number < count; ++number) {
    sockets.push_back(connect(cfgd.socket(), cfgd.process()));
    send_all(sockets.back(), "{\"method\":\"io.cfgd.Config.Watch\",\"more\":true}\0"sv);
    receive_until(sockets.back(), '\0');
  }
  auto const after = memory_of(cfgd.process().pid()).anonymous;
  for (int const socket : sockets)
    ::close(socket);
  bytes.push_back((static_cast<double>(after) - static_cast<double>(before)) / count);
}

void run_round(options const& how, measured& all) {
  test::temporary_directory const directory;
  cfgd_server empty(how.cfgd, directory / "empty");
  auto const empty_start = empty.start();
  all.empty.note(empty_start.count(), steady_memory(empty));
  measure_watchers(empty, how.watchers, all.watcher_bytes);
  empty.stop();

  cfgd_server full(how.cfgd, directory / "full");
  write_namespaces(full, how.namespaces);
  auto const first = full.start();
  all.first.note(first.count(), steady_memory(full));
  full.stop();
  auto const unchanged = full.start();
  all.unchanged.note(unchanged.count(), steady_memory(full));
  auto const before = steady::now();
  full.ask("io.cfgd.Service.Warm");
  std::chrono::duration<double, std::milli> const warming = steady::now() - before;
  all.warm.note(warming.count(), steady_memory(full));
  full.stop();
}

} // namespace

void start(options const& how) {
  measured all;
  for (unsigned round = 0; round < how.rounds; ++round)
    run_round(how, all);

  auto const key_total = static_cast<double>(how.namespaces * keys);
  table out({fmt::format("{} namespaces x {} keys", how.namespaces, keys), "ms", "RSS MiB",
             "of it anonymous", "RSS bytes a key", "anonymous bytes a key", "goal"});
  auto const row = [&](std::string name, series const& one, std::string goal) {
    auto const per_key = [&](std::vector<double> series::*which) {
      if (&one == &all.empty) return std::string("-");
      return fixed((median(one.*which) - median(all.empty.*which)) / key_total, 0);
    };
    out.add({std::move(name), fixed(median(one.milliseconds), 1),
             fixed(median(one.resident) / mebibyte, 1), fixed(median(one.anonymous) / mebibyte, 1),
             per_key(&series::resident), per_key(&series::anonymous), std::move(goal)});
  };
  row("empty", all.empty, "<= 8 MiB");
  row("first start", all.first, "<= 300 ms");
  row("nothing changed", all.unchanged, "<= 300 ms, <= 160 a key");
  row("after Warm of all (ms: of Warm)", all.warm, "");
  fmt::print("{}\nan idle watcher: {} bytes (goal <= 4096)\n\n", out.text(),
             fixed(median(all.watcher_bytes), 0));
}

} // namespace cfgd::bench
