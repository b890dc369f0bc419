#pragma once

#include "core/error.hpp"
#include "core/source.hpp"
#include "core/unique_fd.hpp"

#include <sys/stat.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Opening files whose content is trusted. Blocking calls: not for the loop thread. All functions
/// may be called from any thread.
namespace cfgd::watchers {

/// The identity of a file from stat(2).
file_identity identity_of(struct stat const& info);

/// "DIRECTORY/NAME", also for "/".
std::string join(std::string_view directory, std::string_view name);

/// A directory on the way to a file, open with O_PATH and reached without following links blindly.
struct directory {
  unique_fd fd;
  std::string path; ///< absolute, without links
  struct stat info {};
  std::shared_ptr<directory const> parent; ///< null for "/"
  /// Why its content is not trusted: the first violation on the way to it.
  std::optional<error> distrust;
};
using directory_ptr = std::shared_ptr<directory const>;

/// The file or directory that a name leads to, after all links.
struct target {
  directory_ptr parent; ///< holds the file
  std::string name;     ///< in parent, no link
  struct stat info {};
  directory_ptr here; ///< set if it is a directory
};

/// Whose files and directories are trusted, and where links may lead.
struct trust {
  uid_t owner = 0;                          ///< may own them, besides root
  std::vector<gid_t> groups = {};           ///< may write them
  std::vector<std::string> link_roots = {}; ///< absolute: links may lead to what is below

  trust() = default;
  /// The user alone. Implicit: most callers have no more to say.
  trust(uid_t who) : owner(who) {}
};

/// Walks paths component by component with openat(2) and O_NOFOLLOW, and follows links by hand, at
/// most 8 of them. (openat2(2) is not used: RestrictSUIDSGID= of systemd makes it fail with
/// ENOSYS.)
class walker {
 public:
  enum class zone : std::uint8_t { above, inside };
  /// Called before a name is looked up, so that a watch can be set before the look.
  using on_lookup = std::function<void(directory const& where, std::string_view name, zone which)>;

  walker(trust trusted, on_lookup visit) : trusted_(std::move(trusted)), visit_(std::move(visit)) {}

  /// Opens the directory of sources at an absolute path. Links on the way to it are followed. Every
  /// directory on the way must be owned by root or the trusted user and not be writable by a group
  /// that is not trusted, or by others; otherwise `distrust` is set in the result. Errors:
  /// not_found, io.
  [[nodiscard]] result<directory_ptr> open_root(std::string const& path) const;

  /// Resolves `name` in `from` without leaving `root`, which open_root() returned for the
  /// configured path `alias`, except for the directories of trust::link_roots, which are checked as
  /// by open_root(). Errors: not_found, untrusted (a link that leads outside, or too many
  /// links), io.
  [[nodiscard]] result<target> resolve(directory_ptr const& root, std::string const& alias,
                                       directory_ptr const& from, std::string_view name) const;

 private:
  struct journey;
  struct step;
  [[nodiscard]] result<target> walk(journey way) const;
  [[nodiscard]] result<step> look_up(journey const& way, std::string const& name) const;
  [[nodiscard]] result<void> follow(journey& way, int link, std::string const& path) const;
  [[nodiscard]] result<void> go_up(journey& way) const;
  [[nodiscard]] result<bool> enter_link_root(journey& way, std::string const& path) const;

  trust trusted_;
  on_lookup visit_;
};

/// Whether the entry is a link to /dev/null.
bool leads_to_nothing(int directory, std::string const& name);

/// errc::untrusted if the owner or the mode of a file or directory does not allow to trust it.
std::optional<error> distrust_of(struct stat const& info, std::string const& path,
                                 trust const& trusted);

/// Why the file may not be read as a source; nullopt: it may. Type, owner, mode: untrusted. Size:
/// limit ("file_bytes").
std::optional<error> refuse_file(struct stat const& info, std::string const& path,
                                 trust const& trusted, std::size_t maximum);

/// Every later write to a file that has not changed for longer than this changes its identity: time
/// stamps of files come from a clock of the kernel that ticks at least 100 times a second.
inline constexpr std::chrono::milliseconds certain_after{15};

/// The content of a file that did not change while it was read.
struct whole_file {
  std::string bytes;
  content_hash hash{};
  file_identity identity;
  /// Whether every later write changes the identity. False if the file was written to within
  /// certain_after.
  bool certain = false;
};

/// Reads a file if refuse_file() accepts it and it did not change while it was read. `path` is for
/// messages. Errors: as refuse_file; io; not_found; conflict (it changed during three attempts).
[[nodiscard]] result<whole_file> read_whole(int directory, std::string const& name,
                                            std::string const& path, trust const& trusted,
                                            std::size_t maximum);

/// The error for a call that failed: not_found for ENOENT, ENOTDIR and ELOOP, else io. For EACCES
/// the message includes owner and mode if `info` is given.
error system_failure(char const* call, int code, std::string const& path,
                     struct stat const* info = nullptr);

} // namespace cfgd::watchers
