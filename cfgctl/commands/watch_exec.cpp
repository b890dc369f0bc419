/// watch --exec.
///
/// The end of a program is an event of the loop like any other: a pidfd (pidfd_open(2)) is readable
/// when its process has ended. Standard input is a file in memory, not a pipe, so that a program
/// that does not read it blocks nobody. The failure of a program is printed, and the watch goes on:
/// the program may succeed at the next change.

#include "cfgctl/commands/watch_exec.hpp"

#include "cfgctl/programs.hpp"
#include "cfgctl/session.hpp"
#include "core/durable_file.hpp"
#include "core/unique_fd.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace cfgd::cfgctl {
namespace {

[[noreturn]] void broken(char const* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

/// A file in memory that is read from its beginning.
unique_fd file_of(std::string_view text) {
  unique_fd file(::memfd_create("cfgctl-event", MFD_CLOEXEC));
  if (!file) broken("memfd_create");
  if (int const failed = write_all(file.get(), text); failed != 0)
    throw std::system_error(failed, std::generic_category(), "write");
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

void complain_of(std::string const& program, std::string const& what) {
  complain_line("watch: '" + program + "' " + what + "; going on");
}

} // namespace

event_programs::event_programs(asio::io_context& loop, std::vector<std::string> program)
    : program_(std::move(program)), ended_(loop) {}

event_programs::~event_programs() = default;

void event_programs::add(client::watch_event&& event) {
  waiting_.add(std::move(event));
  if (running_ < 0) start_next();
}

void event_programs::stop() {
  stopping_ = true;
  if (running_ >= 0) ::kill(running_, SIGTERM);
}

void event_programs::start_next() {
  if (stopping_ || waiting_.empty()) return;
  auto const what = waiting_.take();
  auto const input = file_of(what.input);
  pid_t const child = start_program(program_, what.environment, input.get());
  if (child < 0) {
    complain_of(program_.front(), "cannot be run: " + std::generic_category().message(-child));
    return;
  }
  auto const descriptor = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  if (descriptor < 0) broken("pidfd_open");
  running_ = child;
  ended_.assign(descriptor);
  ended_.async_wait(asio::posix::stream_descriptor::wait_read,
                    [this](boost::system::error_code) { on_end(); });
}

void event_programs::on_end() {
  ended_.close();
  int status = 0;
  while (::waitpid(running_, &status, 0) < 0) {
    if (errno != EINTR) broken("waitpid");
  }
  running_ = -1;
  if (!stopping_ && WIFSIGNALED(status)) {
    complain_of(program_.front(), "was ended by signal " + std::to_string(WTERMSIG(status)));
  } else if (!stopping_ && WEXITSTATUS(status) != 0) {
    complain_of(program_.front(), "ended with " + std::to_string(WEXITSTATUS(status)));
  }
  start_next();
}

} // namespace cfgd::cfgctl
