#pragma once

#include "tests/support/datagram_receiver.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace cfgd::bench {

/// What systemd/cfgd.service.in allows the daemon. Throws std::runtime_error if it does not say so.
struct unit_limits {
  std::size_t memory_bytes = 0; ///< MemoryMax=
  std::size_t descriptors = 0;  ///< LimitNOFILE=
  std::chrono::seconds watchdog{0};
};
unit_limits limits_of_unit();

/// A memory cgroup of its own for the daemon. Removed by the destructor; the daemon has ended then.
class memory_cgroup {
 public:
  /// Throws std::runtime_error if this machine lets nobody make one.
  explicit memory_cgroup(std::size_t most_bytes);
  ~memory_cgroup();
  memory_cgroup(memory_cgroup const&) = delete;
  memory_cgroup& operator=(memory_cgroup const&) = delete;

  /// What runs a program in it, before the words of the program.
  std::vector<std::string> command(std::size_t descriptors) const;
  /// The most that it had since the last call, with the page cache, as the limit counts it.
  std::size_t take_peak();
  /// How often the kernel had to free memory to stay below the limit, and killed for it.
  std::size_t times_at_limit() const;

 private:
  std::filesystem::path path_;
  bool is_unified_ = false; ///< cgroup v2
};

/// The end of the notification socket that systemd has: counts keep-alives of the watchdog. The
/// daemon that is started while it lives uses it.
class watchdog_listener {
 public:
  using clock = std::chrono::steady_clock;

  watchdog_listener(std::filesystem::path socket, std::chrono::microseconds period);
  ~watchdog_listener();
  watchdog_listener(watchdog_listener const&) = delete;
  watchdog_listener& operator=(watchdog_listener const&) = delete;

  /// Reads what has come; call it often, as this is the time that counts.
  void look();
  struct seen {
    std::size_t beats = 0;
    std::chrono::milliseconds longest{0}; ///< between two of them, or until now
  };
  /// Since the last call. A gap that began before counts as a whole.
  seen take();

 private:
  test::datagram_receiver receiver_;
  clock::time_point last_ = clock::now();
  seen seen_;
};

} // namespace cfgd::bench
