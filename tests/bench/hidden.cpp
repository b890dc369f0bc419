#include "tests/bench/counted_daemon.hpp"
#include "tests/bench/statistics.hpp"
#include "tests/support/naming_calls.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <sys/fsuid.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <system_error>

// What the service does when it is asked for a namespace that is hidden from the caller, and for
// one that does not exist: its answers are the same, and the instructions have to be, too. Times
// follow from these, and differ more from call to call.

namespace cfgd::bench {
namespace {

constexpr uid_t other = 65534;
constexpr std::size_t runs = 40;
constexpr std::string_view hidden_name = "bench_1";
constexpr std::string_view missing_name = "bench_x";
/// An entry of the access file is found for one of them, a name to suggest is looked for instead of
/// the other: about a microsecond.
constexpr double tolerance = 0.2;

constexpr std::string_view entry = R"([[entry]]
deny = ["read", "write", "rollback"]
to = "user:65534"
namespaces = ["bench_1"]
)";

/// A connection of a user who has no rights: who a peer is counts from when it connects.
int connect_as_other(cfgd_server& server) {
  if (::seteuid(other) != 0) throw std::system_error(errno, std::generic_category(), "seteuid");
  ::setfsuid(0); // the directory is root's
  int const connected = connect(server.socket(), server.process());
  if (::seteuid(0) != 0) throw std::system_error(errno, std::generic_category(), "seteuid");
  return connected;
}

std::string message_of(test::naming_call const& one, std::string_view name) {
  return R"({"method":"io.cfgd.)" + std::string(one.method) + R"(","parameters":)" +
         test::replaced(one.parameters, "%", name) + '}' + '\0';
}

} // namespace

void hidden(options const& how) {
  if (!is_counted()) return;
  if (::geteuid() != 0) {
    fmt::print("hidden namespaces: not compared, only root can be another user\n");
    return;
  }
  test::temporary_directory const directory;
  auto const files = directory.path() / "root/etc/access";
  std::filesystem::create_directories(files);
  test::write_file(files / "10.toml", entry);
  counted_daemon daemon(how, directory.path());
  daemon.does().set(); // a revision behind the files
  int const client = connect_as_other(daemon.server());
  auto const count = [&](test::naming_call const& one, std::string_view name, std::string& answer) {
    auto const message = message_of(one, name);
    return daemon.instructions(
        [&] {
          send_all(client, message);
          answer = test::replaced(receive_until(client, '\0'), name, "%");
        },
        runs);
  };

  bool differs = false;
  table out({"Instructions", "hidden", "does not exist", "x"});
  for (auto const& one : test::naming_calls) {
    std::string of_hidden;
    std::string of_missing;
    auto first = count(one, hidden_name, of_hidden);
    auto second = count(one, missing_name, of_missing);
    // The least: timers are counted, too, and what the first calls leave for the next.
    for (int again = 0; again < 4; ++again) {
      first = std::min(first, count(one, hidden_name, of_hidden));
      second = std::min(second, count(one, missing_name, of_missing));
    }
    if (of_hidden != of_missing)
      throw std::runtime_error(fmt::format("{} and {}", of_hidden, of_missing));
    differs = differs || std::abs(first / second - 1) > tolerance;
    out.add({fmt::format("{} {}", one.method, one.parameters), fixed(first, 0), fixed(second, 0),
             fixed(first / second, 3)});
  }
  ::close(client);
  fmt::print("{}\n", out.text());
  if (differs)
    throw std::runtime_error(fmt::format("a hidden namespace takes more than {:.0f} % more or less "
                                         "than one that does not exist",
                                         tolerance * 100));
}

} // namespace cfgd::bench
