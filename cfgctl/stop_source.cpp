/// When to stop.
///
/// One epoll descriptor, which is itself pollable, has both reasons. Standard output is added
/// without events: EPOLLERR and EPOLLHUP are always reported (epoll_ctl(2)), which for a pipe means
/// that all readers are gone. A regular file cannot be added (EPERM), and has no readers that go.
/// Standard output is not made non-blocking, because other processes may share its open file
/// description; writing at most PIPE_BUF bytes after POLLOUT does not block on a pipe (pipe(7)).

#include "cfgctl/stop_source.hpp"

#include "cfgctl/output.hpp"

#include <climits>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace cfgd::cfgctl {
namespace {

sigset_t stop_signals() {
  sigset_t out;
  sigemptyset(&out);
  sigaddset(&out, SIGINT);
  sigaddset(&out, SIGTERM);
  return out;
}

[[noreturn]] void broken(char const* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

} // namespace

stop_source::stop_source() {
  sigset_t const wanted = stop_signals();
  if (::sigprocmask(SIG_BLOCK, &wanted, nullptr) != 0) broken("sigprocmask");
  signals_.reset(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) broken("signalfd");
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event signal_event{.events = EPOLLIN, .data = {}};
  if (!epoll_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, signals_.get(), &signal_event) != 0)
    broken("epoll");
  epoll_event output_event{.events = 0, .data = {}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, STDOUT_FILENO, &output_event); // EPERM: a regular file
}

stop_source::~stop_source() {
  // A signal that is still pending would end the process when it is unblocked.
  signalfd_siginfo pending{};
  while (::read(signals_.get(), &pending, sizeof pending) > 0) {
  }
  sigset_t const wanted = stop_signals();
  ::sigprocmask(SIG_UNBLOCK, &wanted, nullptr);
}

bool stop_source::print(std::string_view text) const {
  while (!text.empty()) {
    std::array<pollfd, 2> what{pollfd{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0},
                               pollfd{.fd = epoll_.get(), .events = POLLIN, .revents = 0}};
    if (::poll(what.data(), what.size(), -1) < 0) {
      if (errno == EINTR) continue;
      broken("poll");
    }
    if (what[1].revents != 0) return false;
    ssize_t const written =
        ::write(STDOUT_FILENO, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      return false;
    } else if (errno != EINTR && errno != EAGAIN) {
      throw output_failed(errno);
    }
  }
  return true;
}

} // namespace cfgd::cfgctl
