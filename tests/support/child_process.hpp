#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace cfgd::test {

/// A forked copy of this process that runs one function and leaves by _exit(), so that no
/// destructor and no test of the parent runs in it. Other threads of this process should be ending:
/// the fork waits for them, for ten seconds. The destructor kills and reaps it.
class child_process {
 public:
  /// `work` gets the writing end of a pipe to the parent; what it returns is the exit status.
  explicit child_process(std::function<int(int out)> const& work);
  ~child_process();
  child_process(child_process const&) = delete;
  child_process& operator=(child_process const&) = delete;

  /// Reads up to `bytes` from the pipe; less only at its end.
  std::string read(std::size_t bytes);
  /// Reads until the child is gone.
  std::string read_all();
  void kill(int signal);
  /// Waits for its end; the exit status, or 128 + the signal.
  int wait();

 private:
  pid_t pid_ = -1;
  int in_ = -1;
  int status_ = -1;
};

} // namespace cfgd::test
