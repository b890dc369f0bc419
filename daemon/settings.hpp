#pragma once

#include "core/limits.hpp"
#include "core/log.hpp"
#include "daemon/health/settings.hpp"
#include "watchers/source_watcher.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace cfgd {

/// The paths of the service: system-wide, or all below one directory.
struct file_layout {
  std::filesystem::path vendor;  ///< namespaces/ in it
  std::filesystem::path admin;   ///< namespaces/, cfgd.toml in it
  std::filesystem::path runtime; ///< namespaces/, the socket in it
  std::filesystem::path state;   ///< the store
  std::filesystem::path socket;
  std::filesystem::path credentials; ///< the socket for units
  std::filesystem::path settings;    ///< cfgd.toml
  bool must_have_settings = false;   ///< their file was asked for: it is an error if it is absent

  /// Where administrators find a place when the other socket is full: beside it.
  std::filesystem::path socket_of_administrators() const { return socket.native() + ".admin"; }

  static file_layout system();
  static file_layout below(std::filesystem::path const& root);
};

/// What cfgd.toml may set (cfgd.toml(5)); the defaults are those of a file without settings.
struct settings {
  std::chrono::milliseconds quiet{20};  ///< without an event, before a file is read
  std::chrono::milliseconds late{500};  ///< at most, from the first event to reading
  std::chrono::milliseconds grace{500}; ///< in which a file that was removed may come back
  /// In which a file with values that became empty may be written again.
  std::chrono::milliseconds emptied{5'000};
  std::chrono::milliseconds sweep{5'000}; ///< between two looks at every directory
  std::chrono::milliseconds poll{2'000};  ///< between two looks at a directory without a watch
  std::vector<gid_t> trusted_groups;      ///< may write files of sources
  std::vector<std::string> link_roots;    ///< links may lead there; absolute, no '/' at the end
  log::level log_level = log::level::info;
  log::filters log_filters;
  unsigned socket_mode = 0666;            ///< permission bits of the socket
  std::string admin_group = "cfgd-admin"; ///< may change values; empty: no group
  /// A file of figures for Prometheus' node exporter; empty: none.
  std::filesystem::path metrics_textfile;
  std::chrono::milliseconds metrics_interval{15'000}; ///< between two writes of that file
  limits bounds;
  health::settings health;

  friend bool operator==(settings const&, settings const&) = default;
};

/// Reads a settings file's text; looks up names of groups, which may block. Unknown tables and
/// keys, wrong types and values out of range are errors. Errors: parse, with the place; `path`
/// becomes the subject.
[[nodiscard]] result<settings> parse_settings(std::string_view text, std::string const& path);

/// Reads the file; one that does not exist means the defaults, unless `must_exist`. Blocks.
/// Errors: parse, io.
[[nodiscard]] result<settings> read_settings(std::filesystem::path const& path,
                                             bool must_exist = false);

} // namespace cfgd
