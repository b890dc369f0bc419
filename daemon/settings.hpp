#pragma once

#include "core/limits.hpp"
#include "core/log.hpp"
#include "daemon/health/settings.hpp"
#include "watchers/source_watcher.hpp"

#include <chrono>
#include <filesystem>
#include <string>

namespace cfgd {

/// Where things lie: system-wide, or all below one directory.
struct file_layout {
  std::filesystem::path vendor;  ///< namespaces/ in it
  std::filesystem::path admin;   ///< namespaces/, cfgd.toml in it
  std::filesystem::path runtime; ///< namespaces/, the socket in it
  std::filesystem::path state;   ///< the store
  std::filesystem::path socket;
  std::filesystem::path settings; ///< cfgd.toml

  static file_layout system();
  static file_layout below(std::filesystem::path const& root);
};

/// What cfgd.toml may set (cfgd.toml(5)).
struct settings {
  std::chrono::milliseconds quiet{20};
  std::chrono::milliseconds late{500};
  std::chrono::milliseconds grace{500};
  std::chrono::milliseconds sweep{5'000};
  std::chrono::milliseconds poll{2'000};
  log::level log_level = log::level::info;
  log::filters log_filters;
  unsigned socket_mode = 0666;
  std::string admin_group = "cfgd-admin";
  /// A file of figures for Prometheus' node exporter; empty: none.
  std::filesystem::path metrics_textfile;
  std::chrono::milliseconds metrics_interval{15'000};
  limits bounds;
  health::settings health;

  friend bool operator==(settings const&, settings const&) = default;
};

/// Reads a settings file's text. Unknown tables and keys, wrong types and values out of range are
/// errors. Errors: parse, with the place; `path` becomes the subject.
[[nodiscard]] result<settings> parse_settings(std::string_view text, std::string const& path);

/// Reads the file; one that is not there means the defaults. Errors: parse, io.
[[nodiscard]] result<settings> read_settings(std::filesystem::path const& path);

} // namespace cfgd
