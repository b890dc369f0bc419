#pragma once

#include "daemon/health/result.hpp"
#include "daemon/health/settings.hpp"
#include "watchers/safe_open.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// What the machine gives: disk, memory, directories, events. Blocking calls: not for the loop.
/// Nothing here throws but std::bad_alloc.
namespace cfgd::health {

/// Space and inodes of the file system that a directory is on (statvfs(3)).
finding look_at_disk(std::filesystem::path const& directory, thresholds const& percent);

/// Where the kernel shows the use of memory; tests use others.
struct memory_sources {
  std::filesystem::path proc = "/proc";            ///< proc(5)
  std::filesystem::path cgroup = "/sys/fs/cgroup"; ///< cgroups(7)
};
/// Bytes of this process that are in memory, from proc(5); absent if they cannot be read.
std::optional<std::uint64_t> resident_bytes(std::filesystem::path const& proc = "/proc");

/// Own use of the limit, use of the machine's memory, pressure. What is not available from the
/// kernel (a sandbox may hide it) is left out.
finding look_at_memory(memory_sources const& where, thresholds const& percent,
                       std::int64_t pressure_percent);

/// Whether each directory that exists can be listed and is trusted. `seen` has those that existed
/// before, and gets those that exist: one that has disappeared is a warning.
finding look_at_directories(std::vector<std::filesystem::path> const& all,
                            watchers::trust const& trusted, std::set<std::string>& seen);

/// Writes a file in `directory` and removes it. The directory is made if need be.
finding try_to_write(std::filesystem::path const& directory);

/// Makes a file in `directory` and waits until inotify(7) reports it. The directory is made if
/// need be.
finding try_events(std::filesystem::path const& directory, std::chrono::milliseconds warning,
                   std::chrono::milliseconds patience);

/// fs.inotify.NAME; 0: it cannot be read.
std::uint64_t read_inotify_limit(char const* name);

} // namespace cfgd::health
