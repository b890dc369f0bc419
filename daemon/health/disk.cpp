#include "daemon/health/system_checks.hpp"
#include "watchers/inotify.hpp"
#include "watchers/safe_open.hpp"

#include <boost/json/value.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

// What can only be known by trying is tried, in a directory of our own: a file system that stat(2)
// calls writable may refuse every write, and a watch that was accepted may never tell anything.

namespace cfgd::health {
namespace {

finding failed(state how, std::string const& what, std::filesystem::path const& where, int code) {
  return {.what = how,
          .message = what + " '" + where.string() + "': " + std::generic_category().message(code),
          .details = {{"errno", code}}};
}

void evaluate_use(finding& found, std::string const& what, std::uint64_t used, std::uint64_t usable,
                  thresholds const& percent) {
  auto const part = percent_of(used, usable);
  found.details[what + "Percent"] = part;
  auto const* const verb = what.ends_with('s') ? " are used" : " is used";
  found.add(percent.evaluate(part), std::to_string(part) + " % of the " + what + verb);
}

/// Errno; 0: it is there.
int make_directory(std::filesystem::path const& directory) {
  return ::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST ? 0 : errno;
}

/// Removes a file when it goes.
struct removed_later {
  explicit removed_later(std::filesystem::path which) : path(std::move(which)) {}
  removed_later(removed_later const&) = delete;
  removed_later& operator=(removed_later const&) = delete;
  ~removed_later() { ::unlink(path.c_str()); }
  std::filesystem::path path;
};

/// Errno; 0: it was written.
int write_file(std::filesystem::path const& file, std::string_view text) {
  unique_fd const fd(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return errno;
  auto const written = ::write(fd.get(), text.data(), text.size());
  if (written < 0) return errno;
  return static_cast<std::size_t>(written) == text.size() ? 0 : ENOSPC;
}

/// What is wrong with a directory of sources that is there.
std::optional<std::string> fault_of(watchers::directory const& found) {
  if (found.distrust) return found.distrust->message;
  unique_fd const listed(::openat(found.fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (listed) return std::nullopt;
  return watchers::system_failure("open", errno, found.path, &found.info).message;
}

/// Waits for an event of `name`.
bool await_event(watchers::inotify const& kernel, std::string_view name,
                 std::chrono::steady_clock::time_point until) {
  bool seen = false;
  while (!seen) {
    auto const left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd ready{.fd = kernel.descriptor(), .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, static_cast<int>(left.count())) < 0 && errno != EINTR) return false;
    kernel.read([&](watchers::kernel_event const& event) { seen = seen || event.name == name; });
  }
  return true;
}

finding watch_and_wait(std::filesystem::path const& directory, std::chrono::milliseconds warning,
                       std::chrono::milliseconds patience) {
  unique_fd const place(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!place) return failed(state::critical, "cannot open", directory, errno);
  watchers::inotify const kernel;
  if (int const watch =
          kernel.watch(place.get(), directory.string(), watchers::inotify::files_mask);
      watch < 0)
    return failed(state::warning, "cannot watch", directory, -watch);
  auto const name = "event." + std::to_string(::getpid());
  removed_later const file(directory / name);
  auto const begin = std::chrono::steady_clock::now();
  if (int const code = write_file(file.path, {}))
    return failed(state::unknown, "cannot write", file.path, code);
  if (!await_event(kernel, name, begin + patience))
    return {.what = state::critical,
            .message = "no inotify event for a test file within " + time_text(patience)};
  auto const took = std::chrono::steady_clock::now() - begin;
  return {.what = took >= warning ? state::warning : state::healthy,
          .message = "inotify event for a test file after " + time_text(took),
          .details = {{"eventMs", milliseconds_of(took)}}};
}

} // namespace

finding look_at_disk(std::filesystem::path const& directory, thresholds const& percent) {
  struct statvfs info {};
  if (::statvfs(directory.c_str(), &info) != 0)
    return failed(state::critical, "cannot query", directory, errno);
  finding found;
  std::uint64_t const unit = info.f_frsize;
  std::uint64_t const used = info.f_blocks - info.f_bfree;
  found.details["freeBytes"] = info.f_bavail * unit;
  found.details["totalBytes"] = info.f_blocks * unit;
  // As df(1) counts: what is reserved for root is nobody else's.
  evaluate_use(found, "space", used, used + info.f_bavail, percent);
  if (info.f_files != 0) {
    std::uint64_t const files = info.f_files - info.f_ffree;
    found.details["freeInodes"] = std::uint64_t{info.f_favail};
    evaluate_use(found, "inodes", files, files + info.f_favail, percent);
  }
  return found;
}

finding look_at_directories(std::vector<std::filesystem::path> const& all,
                            watchers::trust const& trusted, std::set<std::string>& seen) {
  finding found;
  boost::json::object directories;
  watchers::walker const way(trusted, [](auto const&...) {});
  for (auto const& directory : all) {
    auto const path = directory.string();
    auto const opened = way.open_root(path);
    if (!opened && opened.error().code == errc::not_found) {
      directories[path] = "absent";
      if (seen.contains(path)) found.add(state::warning, "'" + path + "' is gone");
      continue;
    }
    auto const wrong = opened ? fault_of(**opened) : std::optional(opened.error().message);
    directories[path] = wrong ? "refused" : "readable";
    if (wrong)
      found.add(state::warning, *wrong);
    else
      seen.insert(path);
  }
  found.details["directories"] = std::move(directories);
  return found;
}

finding try_to_write(std::filesystem::path const& directory) {
  if (int const code = make_directory(directory))
    return failed(state::critical, "cannot make", directory, code);
  removed_later const file(directory / ("write." + std::to_string(::getpid())));
  // More than what some file systems keep in the inode.
  std::string const text(4096, 'x');
  if (int const code = write_file(file.path, text))
    return failed(state::critical, "cannot write", file.path, code);
  return {};
}

finding try_events(std::filesystem::path const& directory, std::chrono::milliseconds warning,
                   std::chrono::milliseconds patience) {
  if (int const code = make_directory(directory))
    return failed(state::unknown, "cannot make", directory, code);
  try {
    return watch_and_wait(directory, warning, patience);
  } catch (std::system_error const& refused) {
    return {.what = state::warning,
            .message = std::string("the kernel provides no inotify watch: ") + refused.what(),
            .details = {{"errno", refused.code().value()}}};
  }
}

std::uint64_t read_inotify_limit(char const* name) {
  std::ifstream in(std::string("/proc/sys/fs/inotify/") + name);
  std::uint64_t number = 0;
  return in >> number ? number : 0;
}

} // namespace cfgd::health
