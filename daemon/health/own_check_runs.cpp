#include "core/unique_fd.hpp"
#include "daemon/health/own_checks.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

// What own checks do when they run. Each reports a failure as critical; as_reported() then applies
// the severity and the message that the file of the check gives.

namespace cfgd::health {
namespace {

finding failed(std::string message) {
  return {.what = state::critical, .message = std::move(message)};
}

std::string errno_text() { return std::generic_category().message(errno); }

/// An address as connect(2) takes it.
struct target {
  sockaddr_storage address{};
  socklen_t length = 0;
};

target target_of(own_check::socket const& which) {
  target made;
  if (!which.path.empty()) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    which.path.copy(local.sun_path, sizeof local.sun_path - 1);
    std::memcpy(&made.address, &local, sizeof local);
    made.length = sizeof local;
  } else if (which.address.find(':') != which.address.npos) {
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(which.port);
    ::inet_pton(AF_INET6, which.address.c_str(), &six.sin6_addr);
    std::memcpy(&made.address, &six, sizeof six);
    made.length = sizeof six;
  } else {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(which.port);
    ::inet_pton(AF_INET, which.address.c_str(), &four.sin_addr);
    std::memcpy(&made.address, &four, sizeof four);
    made.length = sizeof four;
  }
  return made;
}

std::string name_of(own_check::socket const& which) {
  if (!which.path.empty()) return "'" + which.path + "'";
  bool const six = which.address.find(':') != which.address.npos;
  return (six ? "[" + which.address + "]" : which.address) + ":" + std::to_string(which.port);
}

std::string age_text(std::chrono::seconds age) { return std::to_string(age.count()) + " s"; }

} // namespace

finding try_socket(own_check::socket const& which, std::chrono::milliseconds patience) {
  auto const to = target_of(which);
  unique_fd const fd(::socket(to.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return failed("no socket to try " + name_of(which) + " with: " + errno_text());
  // socket(7): connect(2) waits that long at the most, also for room in the backlog.
  auto const us = std::chrono::duration_cast<std::chrono::microseconds>(patience).count();
  timeval const limit{.tv_sec = us / 1'000'000, .tv_usec = us % 1'000'000};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr const* const address =
      reinterpret_cast<sockaddr const*>(&to.address); // NOLINT: the sockets API
  if (::connect(fd.get(), address, to.length) == 0)
    return {.what = state::healthy, .message = name_of(which) + " accepts"};
  if (errno == EAGAIN || errno == EINPROGRESS)
    return failed(name_of(which) + " does not accept within " + time_text(patience));
  return failed("cannot connect to " + name_of(which) + ": " + errno_text());
}

finding look_at_file(own_check::file const& which, wall_time now) {
  struct stat info {};
  if (::stat(which.path.c_str(), &info) != 0)
    return failed("'" + which.path + "': " + errno_text());
  auto const changed = std::chrono::sys_seconds(std::chrono::seconds(info.st_mtim.tv_sec));
  auto const age = std::chrono::floor<std::chrono::seconds>(now - changed);
  finding found{.what = state::healthy,
                .message = "'" + which.path + "' is " + age_text(age) + " old",
                .details = {{"ageSeconds", age.count()}, {"size", info.st_size}}};
  if (!which.younger_than || age <= *which.younger_than) return found;
  found.what = state::critical;
  found.message += ", more than " + age_text(*which.younger_than);
  return found;
}

finding evaluate_rule(rules::verdict const& said, state severity) {
  using enum rules::verdict::kind;
  switch (said.what) {
  case holds:
    return {.what = state::healthy, .message = "the rule holds"};
  case fails:
    return {.what = severity, .message = "the rule does not hold"};
  case broken:
    return {.what = severity, .message = "the rule cannot be evaluated: " + said.message};
  case unknown:
    break;
  }
  return {.what = state::unknown, .message = "the rule cannot be evaluated: " + said.message};
}

finding as_reported(finding found, own_check const& by) {
  if (found.what != state::critical && found.what != state::warning) return found;
  found.what = by.severity;
  if (by.message.empty()) return found;
  found.details["reason"] = std::exchange(found.message, by.message);
  return found;
}

} // namespace cfgd::health
