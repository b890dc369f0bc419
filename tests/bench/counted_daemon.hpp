#pragma once

#include "tests/bench/bench.hpp"
#include "tests/bench/operations.hpp"
#include "tests/bench/servers.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

namespace cfgd::bench {

/// Whether instructions can be counted here; says so if they cannot.
bool is_counted();
/// The first line that a command prints.
std::string output_of(char const* command);

/// A daemon in callgrind, and one client of it.
class counted_daemon {
 public:
  counted_daemon(options const& how, std::filesystem::path const& directory,
                 world const& what = {});
  operations& does() { return does_; }
  cfgd_server& server() { return server_; }

  /// Of each of `count` runs.
  double instructions(std::function<void()> const& run, std::size_t count);

 private:
  double take_count();
  std::size_t switches();
  void wait_until_idle();

  std::filesystem::path out_;
  cfgd_server server_;
  operations does_;
  std::size_t dumps_ = 0;
};

} // namespace cfgd::bench
