/// inotify(7): the descriptor and the parser.
///
/// The mask has neither IN_OPEN nor IN_ACCESS nor IN_CLOSE_NOWRITE: a look opens and reads, and
/// would fill the queue with events about itself. A watch is set on an open descriptor, through
/// /proc/self/fd, so that it is the directory that was checked, whatever its path leads to by then.
/// inotify reports nothing for a write through a hard link in another directory, a renamed parent,
/// a mount on top, or the lower layer of an overlay file system: users of this class must also look
/// from time to time.
#include "watchers/inotify.hpp"

#include <climits>

#include <sys/inotify.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace cfgd::watchers {

namespace {

constexpr std::uint32_t on_names = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB |
                                   IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_MASK_ADD;

} // namespace

std::uint32_t const inotify::files_mask = on_names | IN_MODIFY | IN_CLOSE_WRITE;
std::uint32_t const inotify::names_mask = on_names;
std::uint32_t const inotify::no_writes_mask = on_names & ~std::uint32_t{IN_MASK_ADD};

std::size_t parse_events(std::span<char const> bytes,
                         std::function<void(kernel_event const&)> const& each) {
  std::size_t used = 0;
  while (bytes.size() - used >= sizeof(inotify_event)) {
    inotify_event header{};
    std::memcpy(&header, bytes.data() + used, sizeof header);
    if (bytes.size() - used - sizeof header < header.len) break;
    char const* const name = bytes.data() + used + sizeof header;
    kernel_event event{.watch = header.wd, .mask = header.mask, .name = {}};
    // The name is padded with NULs.
    if (header.len > 0) event.name = std::string_view(name, ::strnlen(name, header.len));
    each(event);
    used += sizeof header + header.len;
  }
  return used;
}

std::string mask_text(std::uint32_t mask) {
  static constexpr std::array<std::pair<std::uint32_t, char const*>, 13> names{
      {{IN_ATTRIB, "IN_ATTRIB"},
       {IN_CLOSE_WRITE, "IN_CLOSE_WRITE"},
       {IN_CREATE, "IN_CREATE"},
       {IN_DELETE, "IN_DELETE"},
       {IN_DELETE_SELF, "IN_DELETE_SELF"},
       {IN_IGNORED, "IN_IGNORED"},
       {IN_MODIFY, "IN_MODIFY"},
       {IN_MOVED_FROM, "IN_MOVED_FROM"},
       {IN_MOVED_TO, "IN_MOVED_TO"},
       {IN_MOVE_SELF, "IN_MOVE_SELF"},
       {IN_Q_OVERFLOW, "IN_Q_OVERFLOW"},
       {IN_UNMOUNT, "IN_UNMOUNT"},
       {IN_ISDIR, "IN_ISDIR"}}};
  std::string text;
  for (auto const& [bit, name] : names) {
    if ((mask & bit) == 0) continue;
    if (!text.empty()) text += '|';
    text += name;
  }
  return text;
}

inotify::inotify() : fd_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), "inotify_init1");
}

int inotify::watch(int directory, std::string const& path, std::uint32_t mask) const {
  auto const through = "/proc/self/fd/" + std::to_string(directory);
  int watch = ::inotify_add_watch(fd_.get(), through.c_str(), mask);
  if (watch < 0 && errno == ENOENT) watch = ::inotify_add_watch(fd_.get(), path.c_str(), mask);
  return watch < 0 ? -errno : watch;
}

void inotify::unwatch(int watch) const {
  // EINVAL: the kernel has removed it already, with the directory.
  ::inotify_rm_watch(fd_.get(), watch);
}

std::size_t inotify::read(std::function<void(kernel_event const&)> const& each) const {
  alignas(inotify_event) std::array<char, 64 * 1024> buffer;
  static_assert(sizeof buffer >= sizeof(inotify_event) + NAME_MAX + 1);
  std::size_t count = 0;
  while (true) {
    auto const got = ::read(fd_.get(), buffer.data(), buffer.size());
    if (got < 0) {
      if (errno == EAGAIN) return count;
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "read from inotify");
    }
    parse_events(std::span(buffer).first(static_cast<std::size_t>(got)),
                 [&](kernel_event const& event) {
                   ++count;
                   each(event);
                 });
    // Bounded: a process may fill the queue faster than we read it.
    if (count >= 65'536) return count;
  }
}

} // namespace cfgd::watchers
