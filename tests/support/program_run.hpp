#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::test {

/// A real program under test: its output is captured, its environment is exactly what is given.
/// Every wait ends with an exception after 120 s, and the destructor kills what still runs.
class program_run {
 public:
  program_run(std::filesystem::path const& program, std::vector<std::string> const& arguments,
              std::vector<std::string> const& environment = {});
  ~program_run();
  program_run(program_run const&) = delete;
  program_run& operator=(program_run const&) = delete;

  /// Waits until standard output, standard error hold `text`.
  void wait_for_output(std::string_view text);
  void wait_for_error(std::string_view text);

  void send_signal(int number) const;
  /// Closes this side of its standard output: nobody reads any more.
  void close_output();

  /// Waits for the end. The exit code, or minus the signal.
  int finish();

  pid_t pid() const { return pid_; }
  /// The reading end of its standard output, for poll(2) alone.
  int output() const { return out_pipe_; }
  std::string const& out() const { return out_; }
  std::string const& err() const { return err_; }

 private:
  void read_until(std::function<bool()> const& enough);

  pid_t pid_ = -1;
  int out_pipe_ = -1;
  int err_pipe_ = -1;
  std::string out_;
  std::string err_;
};

} // namespace cfgd::test
