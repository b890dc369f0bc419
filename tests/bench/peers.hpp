#pragma once

#include "tests/bench/load.hpp"
#include "tests/bench/server_process.hpp"
#include "tests/bench/statistics.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string_view>

namespace cfgd::bench {

/// Whether a program is in a directory of $PATH.
bool is_in_path(std::string_view program);

/// etcd on Unix sockets, asked through its JSON gateway: HTTP/1.1 on connections that stay.
class etcd_server {
 public:
  static bool is_installed() { return is_in_path("etcd"); }
  explicit etcd_server(std::filesystem::path directory);

  /// Gives it key_count keys with their values.
  void fill();
  traffic gets(std::size_t clients, std::size_t calls) const;
  traffic sets(std::size_t clients, std::size_t calls);

 private:
  std::filesystem::path socket() const { return directory_ / "client:1"; }
  std::filesystem::path directory_;
  std::size_t sets_made_ = 0;
  server_process process_;
};

/// dconf-service on a message bus of its own.
class dconf_service {
 public:
  /// Whether the library, the service and a message bus are there.
  static bool is_installed();
  explicit dconf_service(std::filesystem::path directory);

  /// dconf_client_write_sync in a process of its own, one after the other.
  figures write(std::chrono::milliseconds time);

 private:
  std::filesystem::path directory_;
  std::size_t writes_ = 0;
  server_process bus_;
};

} // namespace cfgd::bench
