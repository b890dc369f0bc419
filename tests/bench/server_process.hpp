#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace cfgd::bench {

using steady = std::chrono::steady_clock;

/// A program under measurement. What it logs goes into a file, where it costs the least. Killed and
/// reaped by the destructor.
class server_process {
 public:
  server_process(std::filesystem::path log, std::vector<std::string> command);
  ~server_process();
  server_process(server_process const&) = delete;
  server_process& operator=(server_process const&) = delete;

  pid_t pid() const { return pid_; }
  steady::time_point started() const { return started_; }
  /// Throws with what it has logged if it has ended.
  void check_alive();
  /// Ends it at once and waits for that.
  void stop();

 private:
  std::filesystem::path log_;
  pid_t pid_ = -1;
  steady::time_point started_;
};

/// Memory of a process, from proc_pid_status(5).
struct memory_use {
  std::size_t resident = 0;  ///< VmRSS, bytes
  std::size_t anonymous = 0; ///< RssAnon of it: without libraries and the mapped store
};
memory_use memory_of(pid_t pid);

/// Connects to a Unix socket. -1 if nobody listens; throws std::system_error otherwise.
int try_connect(std::filesystem::path const& socket);
/// Tries until somebody listens or `server` has ended; at most 30 s.
int connect(std::filesystem::path const& socket, server_process& server);

/// Sends all of it; throws std::system_error.
void send_all(int socket, std::string_view bytes);
/// Waits for the byte `end` and returns what came before it. What comes behind it is lost: for
/// conversations of one question and one answer. Throws after 30 s.
std::string receive_until(int socket, char end);

/// Waits without doing anything. Only for pauses between questions to which there is no event.
void pause(std::chrono::microseconds time);

} // namespace cfgd::bench
