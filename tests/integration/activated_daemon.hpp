#pragma once

#include "client/connection.hpp"
#include "tests/support/datagram_receiver.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::test {

/// The real cfgd as a service manager starts it: sockets are passed, and the object receives its
/// notifications. Every wait ends with std::runtime_error after 120 s.
class activated_daemon {
 public:
  /// `cfgd --root directory/root`; what passes by the way lies in `directory` too.
  explicit activated_daemon(std::filesystem::path directory);
  /// Kills it if it runs.
  ~activated_daemon();
  activated_daemon(activated_daemon const&) = delete;
  activated_daemon& operator=(activated_daemon const&) = delete;

  struct passed {
    int descriptor = -1;
    std::string name;
  };
  /// Makes a listening socket in the directory. The test's.
  int listening(std::string const& name);
  std::filesystem::path path_of(std::string const& name) const { return directory_ / name; }

  /// Starts it with these descriptors; without names if the first has none.
  void start(std::vector<passed> const& sockets, std::vector<std::string> environment = {});
  /// The next message to the service manager that has `text` in it.
  std::string wait_for(std::string_view text);
  void send_signal(int number) const;
  /// The exit code, or minus the signal that ended it.
  int wait();
  /// What it has logged.
  std::string log() const;

  static client::connection connect(std::filesystem::path const& socket);

 private:
  std::filesystem::path directory_;
  datagram_receiver manager_;
  std::vector<int> made_;
  pid_t pid_ = -1;
};

} // namespace cfgd::test
