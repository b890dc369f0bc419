/// Opening files whose content is trusted.
///
/// A user who can write a source configures the machine, and a user who can write a directory on
/// the way to it can put another file there. So every component from "/" on is opened by itself,
/// without following links, and checked on the open descriptor; the next one is looked up in that
/// descriptor. Nothing is looked up twice, so nothing can be replaced between check and use.
///
/// A directory must be owned by root or the trusted user and not be writable by group or others,
/// except for a group that the settings name. There is one exception, as in sshd and systemd: a
/// sticky directory that all may write (/tmp) above the root of sources. There only the owner of an
/// entry can rename or remove it, and the next component must be owned by root or the trusted user
/// as well.
///
/// Links above the root are followed, because administrators use them. Below it a link must lead to
/// something below the root. This is what Kubernetes' ..data needs, and no more. The settings may
/// name other directories that links may lead to. These are opened like a root, and are the root
/// for the rest of the way.
#include "watchers/safe_open.hpp"

#include <climits>

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace cfgd::watchers {
namespace {

constexpr int maximum_links = 8;
constexpr int maximum_attempts = 3;
/// Behind the refusal of a link.
constexpr char const* links_allowed =
    ", and files.link_roots in cfgd.toml does not name its target";

std::int64_t nanoseconds(timespec const& when) {
  return std::int64_t{when.tv_sec} * 1'000'000'000 + when.tv_nsec;
}

std::string mode_text(struct stat const& info) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(info.st_mode & 07777U));
  return text.data();
}

std::string owner_and_mode(struct stat const& info) {
  return "owned by uid " + std::to_string(info.st_uid) + " with mode " + mode_text(info);
}

bool is_owner_trusted(struct stat const& info, trust const& trusted) {
  return info.st_uid == 0 || info.st_uid == trusted.owner;
}

/// Whether nobody but the owner and trusted groups may write it.
bool is_private(struct stat const& info, trust const& trusted) {
  if (S_ISLNK(info.st_mode)) return true;
  if ((info.st_mode & S_IWOTH) != 0) return false;
  return (info.st_mode & S_IWGRP) == 0 ||
         std::ranges::find(trusted.groups, info.st_gid) != trusted.groups.end();
}

bool is_shared_directory(struct stat const& info) {
  constexpr mode_t sticky_for_all = S_ISVTX | S_IWOTH;
  return S_ISDIR(info.st_mode) && (info.st_mode & sticky_for_all) == sticky_for_all;
}

error untrusted(std::string message, std::string const& path) {
  return {.code = errc::untrusted, .message = std::move(message), .subject = path};
}

/// Puts the components of a path on a stack, first one on top.
void push_components(std::vector<std::string>& todo, std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    auto const slash = path.find('/');
    auto const part = path.substr(0, slash);
    if (!part.empty() && part != ".") parts.emplace_back(part);
    path = slash == path.npos ? std::string_view{} : path.substr(slash + 1);
  }
  todo.insert(todo.end(), std::make_move_iterator(parts.rbegin()),
              std::make_move_iterator(parts.rend()));
}

/// The path that the components on a stack make.
std::filesystem::path rest_of(std::vector<std::string> const& todo) {
  std::filesystem::path rest;
  for (auto next = todo.rbegin(); next != todo.rend(); ++next)
    rest /= *next;
  return rest;
}

/// The part of an absolute path below `base`; nullopt: it is not below.
std::optional<std::string_view> below(std::string_view path, std::string_view base) {
  if (base == "/") return path.substr(1);
  if (!path.starts_with(base)) return std::nullopt;
  auto const rest = path.substr(base.size());
  if (rest.empty()) return rest;
  if (rest.front() != '/') return std::nullopt;
  return rest.substr(1);
}

result<directory_ptr> open_slash() {
  auto slash = std::make_shared<directory>();
  slash->path = "/";
  slash->fd = unique_fd(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!slash->fd || ::fstat(slash->fd.get(), &slash->info) != 0)
    return system_failure("open", errno, slash->path);
  return directory_ptr(std::move(slash));
}

/// The bytes from the position of the descriptor on; nullopt: read(2) failed, with errno.
std::optional<std::string> read_to_end(int fd, std::size_t expected) {
  // One byte more than expected shows that a file grew, without another stat(2).
  std::string bytes(expected + 1, '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    auto const got = ::read(fd, bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

} // namespace

file_identity identity_of(struct stat const& info) {
  return {.device = info.st_dev,
          .inode = info.st_ino,
          .size = static_cast<std::uint64_t>(info.st_size),
          .modified_ns = nanoseconds(info.st_mtim),
          .changed_ns = nanoseconds(info.st_ctim)};
}

std::string join(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (path != "/") path += '/';
  path += name;
  return path;
}

error system_failure(char const* call, int code, std::string const& path, struct stat const* info) {
  auto const kind = code == ENOENT || code == ENOTDIR || code == ELOOP ? errc::not_found : errc::io;
  auto message = std::string(call) + " '" + path + "': " + std::generic_category().message(code);
  if (code == EACCES && info != nullptr) message += " (it is " + owner_and_mode(*info) + ")";
  return {.code = kind, .message = std::move(message), .subject = path};
}

bool leads_to_nothing(int directory, std::string const& name) {
  constexpr std::string_view nothing = "/dev/null";
  std::array<char, nothing.size() + 1> target{}; // one more: a longer target is another one
  auto const length = ::readlinkat(directory, name.c_str(), target.data(), target.size());
  return length > 0 && std::string_view(target.data(), static_cast<std::size_t>(length)) == nothing;
}

std::optional<error> distrust_of(struct stat const& info, std::string const& path,
                                 trust const& trusted) {
  bool const is_owned = is_owner_trusted(info, trusted);
  bool const is_closed = is_private(info, trusted);
  if (is_owned && is_closed) return std::nullopt;
  std::string faults;
  std::string commands;
  if (!is_owned) {
    faults = "it belongs to uid " + std::to_string(info.st_uid) + ", not to root";
    if (trusted.owner != 0) faults += " or uid " + std::to_string(trusted.owner);
    commands = (S_ISLNK(info.st_mode) ? "chown -h root '" : "chown root '") + path + "'";
  }
  bool const by_others = (info.st_mode & S_IWOTH) != 0;
  if (!is_closed) {
    faults += (is_owned ? "mode " : ", and mode ") + mode_text(info) + " lets " +
              (by_others ? "others" : "its group") + " write it";
    commands += (is_owned ? "chmod go-w '" : " && chmod go-w '") + path + "'";
  }
  if (is_owned && !by_others)
    commands += ", or name the group with gid " + std::to_string(info.st_gid) +
                " in files.trusted_groups of cfgd.toml";
  return untrusted("'" + path + "': " + faults + "; run: " + commands, path);
}

std::optional<error> refuse_file(struct stat const& info, std::string const& path,
                                 trust const& trusted, std::size_t maximum) {
  if (!S_ISREG(info.st_mode))
    return untrusted("'" + path + "' is not a regular file (it is " + owner_and_mode(info) + ")",
                     path);
  if (auto distrust = distrust_of(info, path, trusted)) return distrust;
  auto const size = static_cast<std::uint64_t>(info.st_size);
  if (size <= maximum) return std::nullopt;
  return error{.code = errc::limit,
               .message = "'" + path + "' has " + std::to_string(size) + " bytes; at most " +
                          std::to_string(maximum) + " are read",
               .subject = "file_bytes",
               .used = size,
               .maximum = maximum};
}

struct walker::journey {
  directory_ptr at;
  std::vector<std::string> todo; ///< next one last
  directory_ptr floor{};         ///< the path must not leave it; null above the root
  std::string_view alias{};      ///< the configured path of the floor
  int links = 0;
};

result<directory_ptr> walker::open_root(std::string const& path) const {
  auto slash = open_slash();
  if (!slash) return slash.error();
  journey way{.at = *slash, .todo = {}};
  push_components(way.todo, path);
  auto end = walk(std::move(way));
  if (!end) return end.error();
  if (!end->here) return system_failure("open", ENOTDIR, path);
  // The exception for sticky directories applies only above the root.
  if (end->here->distrust || !distrust_of(end->here->info, end->here->path, trusted_))
    return end->here;
  auto const& last = *end->here;
  auto shared = std::make_shared<directory>();
  shared->fd = unique_fd(::fcntl(last.fd.get(), F_DUPFD_CLOEXEC, 0));
  if (!shared->fd) return system_failure("open", errno, path);
  shared->path = last.path;
  shared->info = last.info;
  shared->parent = last.parent;
  shared->distrust = distrust_of(last.info, last.path, trusted_);
  return directory_ptr(std::move(shared));
}

result<target> walker::resolve(directory_ptr const& root, std::string const& alias,
                               directory_ptr const& from, std::string_view name) const {
  journey way{.at = from, .todo = {}, .floor = root, .alias = alias};
  way.todo.emplace_back(name);
  return walk(std::move(way));
}

/// Continues in the directory of trust::link_roots that `path` is below. False: it is below none.
result<bool> walker::enter_link_root(journey& way, std::string const& path) const {
  for (auto const& root : trusted_.link_roots) {
    auto const rest = below(path, root);
    if (!rest) continue;
    auto const opened = open_root(root);
    if (!opened) return opened.error();
    way.at = *opened;
    way.floor = *opened;
    way.alias = root;
    push_components(way.todo, *rest);
    return true;
  }
  return false;
}

result<void> walker::go_up(journey& way) const {
  if (way.floor && way.at->path == way.floor->path) {
    auto const outside = std::filesystem::path(way.floor->path).parent_path() / rest_of(way.todo);
    way.todo.clear();
    auto const entered = enter_link_root(way, outside.lexically_normal().string());
    if (!entered) return entered.error();
    if (*entered) return {};
    return untrusted("a link leads outside '" + way.floor->path + "'" + links_allowed,
                     way.at->path);
  }
  if (way.at->parent) way.at = way.at->parent;
  return {};
}

result<void> walker::follow(journey& way, int link, std::string const& path) const {
  if (++way.links > maximum_links)
    return untrusted("more than " + std::to_string(maximum_links) + " links to '" + path + "'",
                     path);
  std::array<char, PATH_MAX> buffer{};
  auto const length = ::readlinkat(link, "", buffer.data(), buffer.size());
  if (length < 0) return system_failure("readlink", errno, path);
  std::string_view leads_to(buffer.data(), static_cast<std::size_t>(length));
  if (!leads_to.empty() && leads_to.front() == '/') {
    auto top = way.floor;
    if (!top) {
      auto slash = open_slash();
      if (!slash) return slash.error();
      top = *slash;
    } else {
      auto rest = below(leads_to, way.floor->path);
      if (!rest) rest = below(leads_to, way.alias);
      if (!rest) {
        auto const entered = enter_link_root(way, std::string(leads_to));
        if (!entered) return entered.error();
        if (*entered) return {};
        return untrusted("'" + path + "' is a link that leads outside '" + top->path + "'" +
                             links_allowed,
                         path);
      }
      leads_to = *rest;
    }
    way.at = std::move(top);
  }
  push_components(way.todo, leads_to);
  return {};
}

/// What a name in the current directory is.
struct walker::step {
  unique_fd fd;
  std::string path;
  struct stat info {};
  std::optional<error> distrust;
};

result<walker::step> walker::look_up(journey const& way, std::string const& name) const {
  visit_(*way.at, name, way.floor ? zone::inside : zone::above);
  step next;
  next.path = join(way.at->path, name);
  next.fd = unique_fd(::openat(way.at->fd.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!next.fd) return system_failure("open", errno, next.path, &way.at->info);
  if (::fstat(next.fd.get(), &next.info) != 0) return system_failure("stat", errno, next.path);
  next.distrust = way.at->distrust;
  bool const shared =
      !way.floor && is_shared_directory(next.info) && is_owner_trusted(next.info, trusted_);
  if (!next.distrust && !shared) next.distrust = distrust_of(next.info, next.path, trusted_);
  return next;
}

result<target> walker::walk(journey way) const {
  while (!way.todo.empty()) {
    auto const name = std::move(way.todo.back());
    way.todo.pop_back();
    if (name == "..") {
      if (auto up = go_up(way); !up) return up.error();
      continue;
    }
    auto next = look_up(way, name);
    if (!next) return next.error();
    if (S_ISLNK(next->info.st_mode)) {
      // In a shared directory every user can make a link: it is followed only if its owner is
      // trusted.
      if (next->distrust) return *next->distrust;
      if (auto ok = follow(way, next->fd.get(), next->path); !ok) return ok.error();
      continue;
    }
    if (!S_ISDIR(next->info.st_mode)) {
      if (!way.todo.empty()) return system_failure("open", ENOTDIR, next->path);
      return target{.parent = way.at, .name = name, .info = next->info, .here = {}};
    }
    auto here = std::make_shared<directory>();
    here->fd = std::move(next->fd);
    here->path = std::move(next->path);
    here->info = next->info;
    here->parent = way.at;
    here->distrust = std::move(next->distrust);
    way.at = std::move(here);
  }
  return target{.parent = way.at->parent, .name = {}, .info = way.at->info, .here = way.at};
}

result<whole_file> read_whole(int directory, std::string const& name, std::string const& path,
                              trust const& trusted, std::size_t maximum) {
  constexpr int flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC;
  for (int attempt = 0; attempt < maximum_attempts; ++attempt) {
    unique_fd fd(::openat(directory, name.c_str(), flags));
    struct stat before {};
    if (!fd) {
      auto const code = errno;
      bool const known = ::fstatat(directory, name.c_str(), &before, AT_SYMLINK_NOFOLLOW) == 0;
      return system_failure("open", code, path, known ? &before : nullptr);
    }
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    if (::fstat(fd.get(), &before) != 0) return system_failure("stat", errno, path);
    if (auto refusal = refuse_file(before, path, trusted, maximum)) return *refusal;

    auto bytes = read_to_end(fd.get(), static_cast<std::size_t>(before.st_size));
    if (!bytes) return system_failure("read", errno, path);
    struct stat after {};
    if (::fstat(fd.get(), &after) != 0) return system_failure("stat", errno, path);
    auto const identity = identity_of(before);
    if (identity != identity_of(after) || bytes->size() != identity.size) continue;
    auto const hash = hash_content(*bytes);
    return whole_file{.bytes = std::move(*bytes),
                      .hash = hash,
                      .identity = identity,
                      .certain = std::chrono::nanoseconds(nanoseconds(now) - identity.changed_ns) >
                                 certain_after};
  }
  return error{.code = errc::conflict,
               .message = "'" + path + "' changed while it was read",
               .subject = path};
}

} // namespace cfgd::watchers
