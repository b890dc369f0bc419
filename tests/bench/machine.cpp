#include "tests/bench/machine.hpp"

#include <fmt/format.h>

#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/utsname.h>

#include <fstream>
#include <sstream>
#include <string_view>
#include <thread>

// Single figures mean nothing without the machine, and little when it was busy.

namespace cfgd::bench {
namespace {

constexpr long xfs_magic = 0x58465342; // not in linux/magic.h

std::string processor() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

std::string file_system(std::filesystem::path const& directory) {
  struct statfs about {};
  if (::statfs(directory.c_str(), &about) != 0) return "unknown";
  switch (about.f_type) {
  case EXT4_SUPER_MAGIC:
    return "ext4";
  case BTRFS_SUPER_MAGIC:
    return "btrfs";
  case OVERLAYFS_SUPER_MAGIC:
    return "overlayfs";
  case TMPFS_MAGIC:
    return "tmpfs (nothing durable here: say --directory)";
  case xfs_magic:
    return "xfs";
  default:
    return fmt::format("file system {:#x}", about.f_type);
  }
}

} // namespace

std::string describe_machine(std::filesystem::path const& directory) {
  utsname kernel{};
  ::uname(&kernel);
  return fmt::format("{} x {}, Linux {}, {}", std::thread::hardware_concurrency(), processor(),
                     kernel.release, file_system(directory));
}

std::string load_now() {
  std::ifstream in("/proc/loadavg");
  std::string one;
  std::string five;
  std::string fifteen;
  in >> one >> five >> fifteen;
  return fmt::format("{} {} {}", one, five, fifteen);
}

} // namespace cfgd::bench
