#pragma once

#include "apply/user.hpp"
#include "core/error.hpp"
#include "core/source.hpp"
#include "watchers/safe_open.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

/// The files that are rendered, in their directories. Every directory on the way must be trusted
/// (watchers/safe_open.hpp), and no component of a path may be a link: whoever can write a
/// directory could lead the file elsewhere. Beside NAME are `.NAME.cfgd-new` while it is prepared,
/// and `.NAME.cfgd-previous`, the content before the last application. Blocks.
namespace cfgd::apply {

/// What is at a path now.
struct file_state {
  std::optional<content_hash> hash; ///< absent: there is no file
  uid_t owner = 0;
  gid_t group = 0;
  unsigned mode = 0;
};

/// How a file is made.
struct file_attributes {
  uid_t owner = 0;
  gid_t group = 0;
  unsigned mode = 0644;
};

class placed_file {
 public:
  /// Opens the directory of an absolute path. Of another user, as whom everything is done then,
  /// directories may be owned by that user instead. Errors: untrusted (a directory that others may
  /// write, a link), not_found, io.
  [[nodiscard]] static result<placed_file>
  open(std::string const& path, watchers::trust const& trusted, std::optional<user> const& as);

  /// Errors: untrusted (it is not a regular file), io, limit.
  [[nodiscard]] result<file_state> look(std::size_t most_bytes) const;
  /// Its content; absent: there is no file. Errors: as look().
  [[nodiscard]] result<std::optional<std::string>> read(std::size_t most_bytes) const;
  /// Makes the new file beside it, durable, whatever was left there. Errors: io.
  [[nodiscard]] result<void> write(std::string_view bytes, file_attributes const& how) const;
  /// The path of the new file.
  std::string new_path() const;
  /// Gives the old file its second name, if there is one. Errors: io.
  [[nodiscard]] result<void> keep() const;
  /// Takes rights from the kept file that `mode` does not have: it may have what is secret now.
  /// Errors: io.
  [[nodiscard]] result<void> tighten_kept(unsigned mode) const;
  /// Renames the new file over the old one, durable. Errors: io.
  [[nodiscard]] result<void> replace() const;
  /// Renames the kept file back, durable; removes the file if there was none before. Does nothing
  /// if that was done already. Errors: io.
  [[nodiscard]] result<void> restore(bool existed) const;
  /// Removes the new file, if it is there.
  void discard() const;

 private:
  placed_file(watchers::directory_ptr directory, std::string name, std::optional<user> as);
  [[nodiscard]] error failure(char const* call, int number) const;
  [[nodiscard]] result<void> sync() const;

  watchers::directory_ptr directory_;
  std::optional<user> as_;
  std::string name_;
  std::string new_name_;
  std::string kept_name_;
};

} // namespace cfgd::apply
