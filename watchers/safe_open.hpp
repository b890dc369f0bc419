#pragma once

#include "core/error.hpp"
#include "core/source.hpp"
#include "core/unique_fd.hpp"

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// Opening files that must be believed. Blocking calls: not for the loop.
namespace cfgd::watchers {

file_identity identity_of(struct stat const& info);

/// "DIRECTORY/NAME", also for "/".
std::string join(std::string_view directory, std::string_view name);

/// A directory on the way, open with O_PATH, reached without trusting a link.
struct directory {
  unique_fd fd;
  std::string path; ///< absolute, without links
  struct stat info {};
  std::shared_ptr<directory const> parent; ///< none for "/"
  /// Why nothing in it may be believed: the first fault on the way to it.
  std::optional<error> distrust;
};
using directory_ptr = std::shared_ptr<directory const>;

/// Where a name leads in the end.
struct target {
  directory_ptr parent; ///< holds the file
  std::string name;     ///< in parent, no link
  struct stat info {};
  directory_ptr here; ///< set if it is a directory
};

/// Walks paths component by component with openat(2) and O_NOFOLLOW, and follows links by hand, at
/// most 8 of them. (openat2(2) is not used: RestrictSUIDSGID= of systemd makes it fail with
/// ENOSYS.)
class walker {
 public:
  enum class zone : std::uint8_t { above, inside };
  /// Told before a name is looked up: so that a watch can be there before the look.
  using on_lookup = std::function<void(directory const& where, std::string_view name, zone which)>;

  walker(uid_t trusted, on_lookup visit) : trusted_(trusted), visit_(std::move(visit)) {}

  /// Opens the directory of sources at an absolute path. Links on the way to it are followed.
  /// Every directory on the way has to be owned by root or the trusted user and writable by nobody
  /// else; else `distrust` is set in the outcome. Errors: not_found, io.
  [[nodiscard]] result<directory_ptr> open_root(std::string const& path) const;

  /// Finds out where `name` in `from` leads, without leaving `root` (opened by open_root, known to
  /// people as `alias`). Errors: not_found, untrusted (a link that leads out, or too many), io.
  [[nodiscard]] result<target> resolve(directory_ptr const& root, std::string const& alias,
                                       directory_ptr const& from, std::string_view name) const;

 private:
  struct journey;
  struct step;
  [[nodiscard]] result<target> walk(journey way) const;
  [[nodiscard]] result<step> look_up(journey const& way, std::string const& name) const;
  [[nodiscard]] result<void> follow(journey& way, int link, std::string const& path) const;
  [[nodiscard]] result<void> go_up(journey& way) const;

  uid_t trusted_;
  on_lookup visit_;
};

/// Why a file or directory may not be believed, if so: its owner or mode. errc::untrusted.
std::optional<error> distrust_of(struct stat const& info, std::string const& path, uid_t trusted);

/// Why the file may not be read as a source, if so: kind, owner, mode (untrusted), size (limit,
/// "file_bytes").
std::optional<error> refuse_file(struct stat const& info, std::string const& path, uid_t trusted,
                                 std::size_t maximum);

struct whole_file {
  std::string bytes;
  content_hash hash{};
  file_identity identity;
  /// Whether a later write must show in the identity. Not so if the file was written to within the
  /// tick of the kernel's clock for files.
  bool certain = false;
};

/// Reads a file that stat(2) says may be read, and only if it was the same before and after.
/// Errors: as refuse_file; io; not_found; conflict (it changed while it was read, three times).
[[nodiscard]] result<whole_file> read_whole(int directory, std::string const& name,
                                            std::string const& path, uid_t trusted,
                                            std::size_t maximum);

/// The error for a call that failed: not_found for ENOENT, ENOTDIR and ELOOP, else io. For EACCES
/// the message has owner and mode if `info` is given.
error system_failure(char const* call, int code, std::string const& path,
                     struct stat const* info = nullptr);

} // namespace cfgd::watchers
