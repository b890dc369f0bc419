#include "store/guarded.hpp"

#include "core/durable_file.hpp"
#include "core/unique_fd.hpp"
#include "store/lmdb.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string_view>
#include <tuple>

// LMDB maps its file and follows the page numbers in it. It has no checksums, so a damaged page can
// cause a memory fault, a failed assertion or an endless loop. None of these can be caught, so a
// child process reads the file. It reports through a pipe: "P done total" for progress, and finally
// "R" and the result, or "E code", a line feed, and the message. Its standard error is discarded.

namespace cfgd::store {
namespace {

/// Far more than a valid file takes; it ends an endless loop.
constexpr rlim_t most_cpu_seconds = 3'600;

/// Writes at most 256 progress reports, so that the pipe does not slow the child down.
class thinned {
 public:
  explicit thinned(int to) : to_(to) {}
  void operator()(std::uint64_t done, std::uint64_t total) {
    auto const step = total / 256 + 1;
    if (done / step == last_) return;
    last_ = done / step;
    // A parent that no longer reads ends this process with SIGPIPE.
    std::ignore = write_all(to_, "P " + std::to_string(done) + ' ' + std::to_string(total) + '\n');
  }

 private:
  int to_;
  std::uint64_t last_ = 0;
};

result<std::string> run_here(std::function<result<std::string>(progress_report const&)> const& work,
                             progress_report const& progressed) {
  try {
    return work(progressed);
  } catch (lmdb_error const& failure) {
    // Its own codes are negative and about the file; errno values are about the system.
    bool const system = failure.code() > 0 || failure.map_full();
    return error{.code = system ? errc::io : errc::invalid, .message = failure.what()};
  } catch (std::exception const& broken) {
    return error{.code = errc::invalid, .message = broken.what()};
  }
}

[[noreturn]] void
run_child(int to, std::function<result<std::string>(progress_report const&)> const& work) {
  // A fault must end the child, whatever handlers the program has installed: one that jumps back
  // into the program would run it a second time.
  for (int const fault : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV})
    ::signal(fault, SIG_DFL);
  rlimit const none{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &none);
  rlimit const long_enough{.rlim_cur = most_cpu_seconds, .rlim_max = most_cpu_seconds};
  ::setrlimit(RLIMIT_CPU, &long_enough);
  if (int const nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC); nowhere >= 0)
    ::dup2(nowhere, STDERR_FILENO);
  auto const done = run_here(work, thinned(to));
  auto const report = done ? "R" + *done
                           : "E" + std::to_string(static_cast<int>(done.error().code)) + '\n' +
                                 done.error().message;
  ::_exit(write_all(to, report) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/// Parses what the child reports.
class report_parser {
 public:
  explicit report_parser(progress_report const& progressed) : progressed_(progressed) {}

  void take(std::string_view bytes) {
    text_ += bytes;
    while (text_.starts_with('P')) {
      auto const end = text_.find('\n');
      if (end == text_.npos) return;
      char* behind = nullptr;
      auto const done = std::strtoull(text_.c_str() + 1, &behind, 10);
      progressed_(done, std::strtoull(behind, nullptr, 10));
      text_.erase(0, end + 1);
    }
  }

  std::optional<result<std::string>> outcome() const {
    if (text_.starts_with('R')) return text_.substr(1);
    auto const line = text_.find('\n');
    if (!text_.starts_with('E') || line == text_.npos) return std::nullopt;
    return error{.code = static_cast<errc>(std::strtoul(text_.c_str() + 1, nullptr, 10)),
                 .message = text_.substr(line + 1)};
  }

 private:
  progress_report const& progressed_;
  std::string text_;
};

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return status;
}

} // namespace

result<std::string>
run_guarded(std::function<result<std::string>(progress_report const&)> const& work,
            progress_report const& progressed) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("pipe2", errno, {});
  unique_fd const reading(ends[0]);
  unique_fd writing(ends[1]);
  pid_t const child = ::fork();
  if (child == 0) run_child(writing.get(), work);
  if (child < 0) return system_error("fork", errno, {});
  writing.reset(); // otherwise reading would never see the end
  report_parser reports(progressed);
  std::array<char, 65536> room{};
  ssize_t got = 0;
  while ((got = ::read(reading.get(), room.data(), room.size())) > 0 || (got < 0 && errno == EINTR))
    if (got > 0) reports.take({room.data(), static_cast<std::size_t>(got)});
  int const status = wait_for(child);
  bool const whole = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
  if (auto out = reports.outcome(); out && whole) return *std::move(out);
  std::string const how = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                              : "status " + std::to_string(WEXITSTATUS(status));
  return error{.code = errc::invalid, .message = "the process that reads it ended with " + how};
}

} // namespace cfgd::store
