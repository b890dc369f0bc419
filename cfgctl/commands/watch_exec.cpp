/// watch --exec.
///
/// The end of a program is an event of the loop like any other: a pidfd (pidfd_open(2)) is readable
/// when its process has ended. Standard input is a file in memory, not a pipe, so that a program
/// that does not read it blocks nobody. The failure of a program is printed, and the watch goes on:
/// the program may succeed at the next change.
///
/// Changes that arrive while a program runs are merged key by key, so that they are never larger
/// than the watched values. The next run gets only the latest values: a program that uses the
/// current values has no use for those in between.

#include "cfgctl/commands/watch_exec.hpp"

#include "cfgctl/programs.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"
#include "core/unique_fd.hpp"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace cfgd::cfgctl {
namespace {

/// The kernel allows 128 KiB for one variable (execve(2)).
constexpr std::size_t most_bytes = 64 * 1024;

/// One key a line: keys contain no newline.
std::string lines_of(client::watch_event const& event) {
  std::string out;
  auto const add = [&](std::string_view key) {
    if (out.size() + key.size() >= most_bytes) return;
    if (!out.empty()) out += '\n';
    out.append(key);
  };
  for (auto const& member : event.values)
    add(member.key());
  for (auto const& key : event.removed)
    add(key);
  return out;
}

std::string_view kind_of(client::watch_event const& event) {
  if (event.resync) return "resync";
  return event.ready ? "state" : "change";
}

[[noreturn]] void broken(char const* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

void complain_of(std::string const& program, std::string const& what) {
  complain_line("watch: '" + program + "' " + what + "; going on");
}

} // namespace

void merged_events::add(client::watch_event&& event) {
  if (!waiting_) {
    waiting_ = std::move(event);
    return;
  }
  auto& all = *waiting_;
  for (auto& member : event.values) {
    std::erase(all.removed, std::string_view(member.key()));
    all.values[member.key()] = std::move(member.value());
  }
  for (auto& key : event.removed) {
    all.values.erase(key);
    if (std::ranges::find(all.removed, key) == all.removed.end()) {
      all.removed.push_back(std::move(key));
    }
  }
  all.revision = event.revision;
  all.resync = all.resync || event.resync;
  all.from.reset(); // there are several
}

merged_events::handover merged_events::take() {
  client::watch_event const event = std::exchange(waiting_, std::nullopt).value();
  handover out;
  out.environment = {"CFGD_REVISION=" + std::to_string(event.revision),
                     "CFGD_KEYS=" + lines_of(event),
                     std::string("CFGD_EVENT=").append(kind_of(event))};
  out.input = event_json({}, event);
  return out;
}

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
  auto const input = file_in_memory(what.input);
  pid_t const child =
      start_program({.arguments = program_, .environment = what.environment, .input = input.get()});
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
