#pragma once

#include "tests/bench/servers.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace cfgd::bench {

/// What a daemon holds when it is measured. Namespace N is "bench_N", its key K "setting_name_K",
/// its values are texts of `value_bytes`.
struct world {
  std::size_t namespaces = key_count / keys_in_namespace;
  std::size_t keys = keys_in_namespace; ///< of each namespace
  std::size_t revisions = 0;            ///< of history, at least
  std::size_t watchers = 0;             ///< of namespace 0
  std::size_t value_bytes = bench::value_bytes;
  bool has_schema = false; ///< namespace 0 has one, for every key
  friend bool operator==(world const&, world const&) = default;
};

/// The files of the admin layer.
void write_files(cfgd_server const& into, world const& what);
/// cfgd.toml for it: a file takes effect at once, the history is long enough.
std::string settings_of(world const& what);

/// One client of one daemon, and watchers of namespace 0: one operation after the other. Each
/// returns how long it took, and ends when all watchers have the change that it made. Throws
/// std::runtime_error on a wrong reply.
class operations {
 public:
  using microseconds = std::chrono::duration<double, std::micro>;

  /// Writes the files of `what`, starts the daemon and makes the history. `server` has the
  /// settings of settings_of().
  operations(cfgd_server& server, world const& what);
  ~operations();
  operations(operations const&) = delete;
  operations& operator=(operations const&) = delete;

  void add_watchers(std::size_t count);
  void remove_watchers();

  /// `calls` Gets of a value each, sent at once; until the last reply. The keys are all of the
  /// world's, in an order that is the same for every daemon, or 1,024 of them.
  microseconds get(std::size_t calls = 1);
  /// A durable Set of one value of namespace 0; until the reply.
  microseconds set();
  /// The same, until the last watcher has it.
  microseconds push();
  /// A small file of namespace 0 is replaced; until the last watcher has its value.
  microseconds edit();
  /// A new Watch of everything; until all values have come.
  microseconds snapshot();

 private:
  struct written {
    microseconds replied;
    microseconds seen; ///< by the last watcher
  };
  written write();
  void wait_for_watchers(std::string_view change);

  cfgd_server& server_;
  world world_;
  int client_ = -1;
  std::vector<int> watchers_;
  std::vector<std::string> gets_; ///< calls, ready made
  std::size_t next_get_ = 0;
  std::size_t writes_ = 0;
  std::size_t edits_ = 0;
};

} // namespace cfgd::bench
