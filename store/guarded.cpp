#include "store/guarded.hpp"

#include "core/unique_fd.hpp"
#include "store/lmdb.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string_view>
#include <system_error>

// LMDB maps its file and follows the numbers in it. It has no check sums, so a damaged page leads
// anywhere: to a fault, an assertion, a walk without end. None of that can be caught, but a process
// of its own can be seen to die. The copy talks through a pipe: a line "P done total" now and then,
// at last "R" and the outcome, or "E code", a line feed, and the message. What it would print when
// it dies is of no use to anybody.

namespace cfgd::store {
namespace {

/// Longer than any good file takes, by far; a walk in a circle ends with it.
constexpr rlim_t most_cpu_seconds = 3'600;

error io_error(char const* call) {
  return {.code = errc::io,
          .message = std::string(call) + ": " + std::generic_category().message(errno)};
}

bool write_all(int to, std::string_view text) {
  while (!text.empty()) {
    auto const written = ::write(to, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// Lets through one report of each 256th.
class thinned {
 public:
  explicit thinned(int to) : to_(to) {}
  void operator()(std::uint64_t done, std::uint64_t total) {
    auto const step = total / 256 + 1;
    if (done / step == last_) return;
    last_ = done / step;
    write_all(to_, "P " + std::to_string(done) + ' ' + std::to_string(total) + '\n');
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
be_the_copy(int to, std::function<result<std::string>(progress_report const&)> const& work) {
  rlimit const none{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &none);
  rlimit const long_enough{.rlim_cur = most_cpu_seconds, .rlim_max = most_cpu_seconds};
  ::setrlimit(RLIMIT_CPU, &long_enough);
  if (int const nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC); nowhere >= 0)
    ::dup2(nowhere, STDERR_FILENO);
  auto const done = run_here(work, thinned(to));
  bool const told = done ? write_all(to, "R" + *done)
                         : write_all(to, "E" + std::to_string(static_cast<int>(done.error().code)) +
                                             '\n' + done.error().message);
  ::_exit(told ? EXIT_SUCCESS : EXIT_FAILURE);
}

/// Takes what the copy says apart.
class listener {
 public:
  explicit listener(progress_report const& progressed) : progressed_(progressed) {}

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

  std::optional<result<std::string>> decision() const {
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
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return io_error("pipe2");
  unique_fd const reading(ends[0]);
  unique_fd writing(ends[1]);
  pid_t const child = ::fork();
  if (child == 0) be_the_copy(writing.get(), work);
  if (child < 0) return io_error("fork");
  writing.reset(); // or the end of the child would not be seen
  listener heard(progressed);
  std::array<char, 65536> room{};
  ssize_t got = 0;
  while ((got = ::read(reading.get(), room.data(), room.size())) > 0 || (got < 0 && errno == EINTR))
    if (got > 0) heard.take({room.data(), static_cast<std::size_t>(got)});
  int const status = wait_for(child);
  bool const whole = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
  if (auto out = heard.decision(); out && whole) return *std::move(out);
  std::string const how = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                              : "status " + std::to_string(WEXITSTATUS(status));
  return error{.code = errc::invalid, .message = "reading it ended with " + how};
}

} // namespace cfgd::store
