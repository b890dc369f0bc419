/// Sources that are mount points, as in containers.
///
/// A mounted file is one inode: a program that replaces files by renaming fails with EBUSY, and a
/// file that replaces the original is not seen through the mount. Of a mounted directory inotify
/// reports only what this kernel changes: not what another machine does, or the host of a virtual
/// machine.

#include "cfgctl/doctor/doctor.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

namespace cfgd::cfgctl {
namespace {

namespace fs = std::filesystem;

/// "\040" and other octal escapes of proc(5) as characters.
std::string unescaped(std::string_view text) {
  auto const is_octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    bool const is_escape = text[at] == '\\' && at + 3 < text.size() && is_octal(text[at + 1]) &&
                           is_octal(text[at + 2]) && is_octal(text[at + 3]);
    if (!is_escape) {
      out += text[at];
      continue;
    }
    out += static_cast<char>((text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 +
                             (text[at + 3] - '0'));
    at += 3;
  }
  return out;
}

/// The mount point of a line of /proc/PID/mountinfo, its fifth field; empty: there is none.
std::string mount_point_of(std::string const& line) {
  std::istringstream fields(line);
  std::string field;
  for (int number = 0; number < 5; ++number)
    if (!(fields >> field)) return {};
  return unescaped(field);
}

/// The directories of sources, without links.
std::vector<std::string> source_directories(installation const& at) {
  std::vector<std::string> all;
  auto const add = [&all](fs::path const& directory) {
    std::error_code failed;
    auto whole = fs::weakly_canonical(directory, failed);
    if (!failed) all.push_back(whole.string());
  };
  constexpr std::array names{"namespaces", "schemas", "rules", "access", "checks"};
  for (auto const& base : {at.tree.vendor, at.tree.etc})
    for (auto const* const name : names)
      if (!base.empty()) add(base / name);
  add(at.run / "namespaces");
  return all;
}

bool is_in(std::string const& path, std::string const& directory) {
  return path == directory || path.starts_with(directory + '/');
}

} // namespace

void look_at_mounts(installation const& at, diagnoses& into) {
  std::ifstream lines(at.mounts);
  if (!lines) return into.add(verdict::warn, at.mounts.string() + " cannot be read");
  auto const directories = source_directories(at);
  for (std::string line; std::getline(lines, line);) {
    auto const point = mount_point_of(line);
    bool const is_here = std::ranges::any_of(
        directories, [&point](std::string const& one) { return is_in(point, one); });
    if (!is_here) continue;
    std::error_code failed;
    if (fs::is_directory(point, failed)) {
      into.add(verdict::warn,
               point + " is a mount point: inotify does not report what other machines or the "
                       "host change in it",
               "run 'cfgctl reload' after such a change; without it, it is found by the sweep "
               "(watch.sweep_ms)");
    } else {
      into.add(verdict::warn,
               point + " is a mount point: a program that replaces it by renaming fails (EBUSY), "
                       "and a new file in place of the original is not seen",
               "mount its directory instead; until then write the file in place");
    }
  }
  into.add_good("no source is a mount point");
}

} // namespace cfgd::cfgctl
