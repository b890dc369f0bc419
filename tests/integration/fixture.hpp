#pragma once

#include "core/json.hpp"
#include "tests/integration/daemon_process.hpp"
#include "tests/integration/stream.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace cfgd::test {

/// A root directory and the daemon on it, not yet started.
struct running {
  explicit running(daemon_options how = {})
      : root(directory / "root"), daemon(root, std::move(how)) {
    std::filesystem::create_directories(root / "etc" / "namespaces");
  }

  /// Writes a file of the admin layer, by rename.
  void save(std::string_view name, std::string_view text) {
    std::filesystem::create_directories(daemon.admin(name).parent_path());
    replace_file(daemon.admin(name), text);
  }
  /// The effective value as canonical text; "-" if there is none.
  std::string value(std::string_view key) {
    auto connected = daemon.connect();
    auto const found = connected.get_value(key).value();
    return found ? json::canonical(*found) : "-";
  }
  /// What is in force when all edits are; the revision.
  client::revision_number sync() { return daemon.connect().sync().value(); }
  client::revision_number revision() { return daemon.connect().status().value().revision; }
  /// The one source whose path ends with `name`. Throws if it is not listed.
  client::source_file source(std::string_view name) {
    for (auto const& one : daemon.connect().sources().value())
      if (one.path.ends_with(name)) return one;
    throw std::runtime_error("no source " + std::string(name));
  }

  temporary_directory directory;
  std::filesystem::path root;
  daemon_process daemon;
};

inline std::string text_of(boost::json::value const& what) { return json::canonical(what); }

} // namespace cfgd::test
