#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace cfgd::bench {

/// How much is measured. The defaults are what the figures in docs/benchmarks.md were made with.
struct options {
  std::string cfgd = CFGD_PROGRAM; ///< what is measured
  std::string other = {};          ///< the build it is compared with; empty: itself
  unsigned rounds = 9;
  std::chrono::milliseconds time{500}; ///< of one measurement under load
  unsigned edits = 1'000;
  unsigned namespaces = 1'000;
  unsigned revisions = 10'000;           ///< of history
  std::size_t largest = 10'000;          ///< size of a scale curve
  std::vector<std::string> attacks = {}; ///< the only ones; empty: all
  std::size_t namespace_mib = 5;         ///< of the namespace that is attacked
  std::size_t history_mib = 8;           ///< of history, while attacks go on
  bool memory_limit = false;             ///< the attacked daemon gets the bounds of its unit
  unsigned subscribers = 1'000;          ///< that all get one change
  unsigned watchers = 100; ///< at most what one user may have, limits::connections_per_uid
  bool renew = false;      ///< write the committed counts of instructions again
};

/// Each starts what it needs in a directory of its own, measures and prints a table. Servers that
/// are not installed are left out, and it is said so. Throws std::runtime_error where a server
/// does not do what it is asked for: a figure of something else would be worse than none.
void get(options const& how);
void watch(options const& how);
void start(options const& how);
void set(options const& how);
void policy(options const& how);
void live(options const& how);
void fanout(options const& how);
void attack(options const& how);
void snapshot(options const& how);
void scale(options const& how);
void held(options const& how);
void compare(options const& how);
void count_instructions(options const& how);
void count_curves(options const& how);
void hidden(options const& how);

} // namespace cfgd::bench
