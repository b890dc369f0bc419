#pragma once

#include "client/connection.hpp"

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace cfgd::test {

struct daemon_options {
  std::vector<std::string> arguments = {};   ///< besides --root
  std::vector<std::string> environment = {}; ///< besides the test's own
};

/// The real cfgd on a directory of its own, as `cfgd --root DIR`. Everything that is waited for has
/// a limit of 120 s, after which std::runtime_error is thrown with what the daemon has logged.
class daemon_process {
 public:
  explicit daemon_process(std::filesystem::path root, daemon_options how = {});
  /// Kills it if it runs.
  ~daemon_process();
  daemon_process(daemon_process const&) = delete;
  daemon_process& operator=(daemon_process const&) = delete;

  /// Starts it and waits until it answers with every source read.
  void start();
  /// Starts it and waits for its end: for what must not start. The exit code.
  int run_to_end();
  void send_signal(int number) const;
  /// SIGTERM; the exit code, or minus the signal that ended it.
  int stop();
  /// SIGKILL.
  void kill();
  /// Waits for its end.
  int wait();

  client::connection connect() const;
  pid_t pid() const { return pid_; }
  std::filesystem::path socket() const { return root_ / "run" / "io.cfgd"; }
  /// A file of the admin layer.
  std::filesystem::path admin(std::string_view name) const {
    return root_ / "etc" / "namespaces" / name;
  }

  /// Waits until a line logged since the start holds `text`; the line.
  std::string wait_for_line(std::string_view text);
  /// All that it has logged since the start.
  std::string log();

 private:
  void spawn();
  void wait_for_socket();
  void drain();
  /// Adds to log_ what is in the pipe. Call with mutex_.
  void take_lines();

  std::filesystem::path root_;
  daemon_options how_;
  pid_t pid_ = -1;
  int pipe_ = -1; ///< what it logs; never blocks; closed by reader_
  std::thread reader_;
  std::mutex mutex_; ///< guards log_ and ended_
  std::condition_variable more_;
  std::string log_;
  bool ended_ = false; ///< nothing more will be logged
};

} // namespace cfgd::test
