#pragma once

#include "tests/bench/load.hpp"
#include "tests/bench/server_process.hpp"
#include "tests/support/child_process.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::bench {

/// What all servers hold under load: namespaces of 100 keys; a key's text has 24 bytes, a value 64.
inline constexpr std::size_t key_count = 1'000;
inline constexpr std::size_t keys_in_namespace = 100;
std::string key_text(std::size_t number);
inline constexpr std::size_t value_bytes = 64;
std::string value_text(std::size_t number);

/// `cfgd --root`, as a user starts it.
class cfgd_server {
 public:
  /// `settings` becomes cfgd.toml; `command` is what runs the program, it alone by default.
  cfgd_server(std::string program, std::filesystem::path root, std::string_view settings = "",
              std::vector<std::string> command = {});

  /// A file of the admin layer.
  std::filesystem::path source(std::string_view name) const;
  std::filesystem::path socket() const { return root_ / "run" / "io.cfgd"; }
  std::filesystem::path const& root() const { return root_; }

  /// Returns when it answers that it is ready: the time since its exec.
  std::chrono::duration<double, std::milli> start();
  void stop();
  server_process& process() { return *process_; }
  /// The reply to one call.
  std::string ask(std::string_view method, std::string_view parameters = "");

  /// Gets of random keys out of key_count, in batches; and Sets that each change a value.
  traffic gets(std::size_t clients, std::size_t calls) const;
  traffic sets(std::size_t clients, std::size_t calls);

 private:
  std::vector<std::string> command_;
  std::filesystem::path root_;
  std::size_t sets_made_ = key_count; ///< behind the values that are there from the start
  std::unique_ptr<server_process> process_;
};

/// Memory once a whole integrity check is done and it has stayed the same for a second.
memory_use steady_memory(cfgd_server& cfgd);

/// Writes key_count keys with their values as files of the admin layer.
void write_sources(cfgd_server const& into);

/// redis-server on a Unix socket alone.
class redis_server {
 public:
  enum class durability : std::uint8_t { none, each_write };
  static bool is_installed();
  redis_server(std::filesystem::path directory, durability how);

  /// Gives it key_count keys with their values.
  void fill();
  traffic gets(std::size_t clients, std::size_t calls) const;
  /// Makes one hash of so many keys with their values; calls for all of it.
  traffic get_all(std::size_t keys);
  traffic sets(std::size_t clients, std::size_t calls);

 private:
  std::filesystem::path directory_;
  std::size_t sets_made_ = key_count; ///< behind the values that are there from the start
  server_process process_;
};

/// Sends back what it gets, in a process of its own: what a socket costs, whatever the server does.
class echo_server {
 public:
  explicit echo_server(std::filesystem::path socket);
  std::filesystem::path const& socket() const { return socket_; }
  /// 100 bytes, about a Get and its reply.
  traffic messages(std::size_t clients, std::size_t calls) const;

 private:
  std::filesystem::path socket_;
  std::unique_ptr<test::child_process> process_;
};

} // namespace cfgd::bench
