#pragma once

#include "tests/bench/statistics.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace cfgd::bench {

/// What clients of one kind send, ready made, and where a reply ends.
struct traffic {
  std::filesystem::path socket = {};
  std::size_t clients = 1;
  std::size_t calls = 1;                 ///< in one batch: so many are in flight for each client
  std::vector<std::string> batches = {}; ///< sent in turn, each by one write
  char mark = '\0';                      ///< a byte that each reply has ...
  std::size_t marks = 1;                 ///< ... so often
  std::string good = {};                 ///< what the first reply of each client must hold
  std::vector<std::string> bad = {};     ///< what none may hold
  std::size_t next = 0;                  ///< batch; goes on from one measurement to the next
};

/// Joins requests to batches of `calls`.
std::vector<std::string> batches_of(std::vector<std::string> const& requests, std::size_t calls);

/// All clients at once, from one thread, each waiting for the replies to its batch before it sends
/// the next: what each kind of traffic got. The latency of a batch is the time from its write to
/// its last reply. Throws std::runtime_error on a wrong or missing reply.
std::vector<figures> run_load(std::vector<traffic*> const& kinds, std::chrono::milliseconds time);
/// The same for one kind.
figures run_load(traffic& kind, std::chrono::milliseconds time);

} // namespace cfgd::bench
