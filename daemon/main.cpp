#include "core/command_line/command_line.hpp"
#include "core/command_line/failed_start.hpp"
#include "core/journal.hpp"
#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "core/standard_descriptors.hpp"
#include "daemon/scheduling.hpp"
#include "daemon/service.hpp"
#include "daemon/systemd.hpp"
#include "daemon/version.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// Command line, settings, store, loop, signals. A failure to start is one line on standard error
// and an exit code of sysexits.h (cfgd(8) lists them).

namespace {

namespace asio = boost::asio;
using namespace cfgd;

/// Between two reloads by SIGHUP.
constexpr std::chrono::milliseconds reload_pause{100};

struct command_line {
  std::string root;
  std::string config;
  std::string socket;
  std::string log_level;
  bool system = false;
};

/// The exit code if there is nothing to run.
std::optional<int> parse_command_line(int argc, char** argv, command_line& into) {
  CLI::App app("cfgd: the configuration service of this machine", "cfgd");
  app.add_option("--root", into.root,
                 "Keep everything below this directory (for users and trials)");
  app.add_flag("--system", into.system, "Use the system's directories; what the unit starts")
      ->excludes("--root");
  app.add_option("--config", into.config, "Settings file instead of cfgd.toml in its usual place");
  app.add_option("--socket", into.socket, "Socket path instead of the usual one");
  add_choice(&app, "--log-level", into.log_level, {"error", "warning", "notice", "info", "debug"},
             "error, warning, notice, info or debug");
  app.set_version_flag("--version", "cfgd " + std::string(version));
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (CLI::ParseError const& wrong) {
    return report_end(app, wrong);
  }
}

int exit_code_of(error const& why) {
  switch (why.code) {
  case errc::conflict:
    return EX_TEMPFAIL;
  case errc::untrusted:
  case errc::denied:
    return EX_NOPERM;
  case errc::parse:
    return EX_CONFIG;
  default:
    return EX_IOERR;
  }
}

file_layout layout_of(command_line const& asked) {
  file_layout where =
      asked.root.empty()
          ? file_layout::system()
          : file_layout::below(std::filesystem::absolute(asked.root).lexically_normal());
  where.must_have_settings = !asked.config.empty();
  if (where.must_have_settings) where.settings = std::filesystem::absolute(asked.config);
  if (!asked.socket.empty()) where.socket = std::filesystem::absolute(asked.socket);
  return where;
}

/// Whether root has started the program by hand without saying where: it would make directories of
/// the system.
bool is_unsaid(command_line const& asked) {
  bool const in_unit =
      std::getenv("NOTIFY_SOCKET") != nullptr || std::getenv("INVOCATION_ID") != nullptr;
  return asked.root.empty() && !asked.system && !in_unit && ::geteuid() == 0;
}

int ask_where() {
  std::cerr << "cfgd: started by hand as root, it would use /etc/cfgd and create /var/lib/cfgd and "
               "/run/cfgd. Say which is meant:\n"
               "  systemctl start cfgd   the service of this machine\n"
               "  cfgd --system          the same without systemd\n"
               "  cfgd --root DIR        everything below DIR, for a trial\n";
  return EX_USAGE;
}

/// Whoever can write to the directory can replace everything below it. It may be absent.
result<void> check_root(std::filesystem::path const& root) {
  struct stat status {};
  if (::stat(root.c_str(), &status) != 0) return {};
  bool const owned = status.st_uid == ::geteuid() || status.st_uid == 0;
  if (owned && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", status.st_mode & 07777U);
  return error{.code = errc::untrusted,
               .message = "owner " + std::to_string(status.st_uid) + ", mode " + mode.data() +
                          ": others can write to it; use a directory of uid " +
                          std::to_string(::geteuid()) + " with mode 0755 or less",
               .subject = root.string()};
}

credential_values credentials() {
  char const* const directory = std::getenv("CREDENTIALS_DIRECTORY");
  return directory == nullptr ? credential_values() : credential_values(directory);
}

std::vector<std::string> environment() {
  std::vector<std::string> variables;
  for (char** one = ::environ; *one != nullptr; ++one)
    variables.emplace_back(*one);
  return variables;
}

/// Hands signals to the service until it has stopped.
class signals {
 public:
  signals(asio::io_context& loop, service& serves)
      : set_(loop, SIGTERM, SIGINT, SIGHUP), pause_(loop), serves_(serves) {
    wait();
  }

  void stop() {
    if (std::exchange(stopping_, true)) return;
    log::write(log::level::info, "stopping");
    pause_.cancel();
    serves_.stop([this] { set_.cancel(); });
  }

 private:
  void wait() {
    set_.async_wait([this](boost::system::error_code const& ec, int number) {
      if (ec) return; // cancelled: the service has stopped
      if (number == SIGHUP)
        reload();
      else
        stop();
      wait();
    });
  }

  /// A signal during a reload may be about a file that the reload has read already, so one more
  /// follows after a pause, for however many signals.
  void reload() {
    if (stopping_) return;
    if (std::exchange(reloading_, true)) {
      again_ = true;
      return;
    }
    serves_.reload([this](result<revision_number> const&) {
      pause_.expires_after(reload_pause);
      pause_.async_wait([this](boost::system::error_code const& ec) {
        reloading_ = false;
        if (!ec && std::exchange(again_, false)) reload();
      });
    });
  }

  asio::signal_set set_;
  asio::steady_timer pause_;
  service& serves_;
  bool stopping_ = false;
  bool reloading_ = false;
  bool again_ = false; ///< a signal came meanwhile
};

/// Creates directories that do not exist. As a system service the daemon may not, and need not.
result<void> make_directories(std::vector<std::filesystem::path> const& wanted) {
  for (auto const& directory : wanted) {
    std::error_code ec;
    std::filesystem::create_directories(directory, ec);
    if (ec) return error{.code = errc::io, .message = ec.message(), .subject = directory.string()};
  }
  return {};
}

/// Memory has secrets: no core of it may reach a disk or a crash handler. A limit of 0 does not
/// keep the kernel from piping one to a handler, and a process that is not dumpable has none at
/// all. It may still read its own files in /proc.
void forbid_cores() {
  constexpr rlimit none{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
}

/// Connections need one each. The number is bounded, because some calls take time for each.
void raise_descriptors(std::size_t most) {
  rlimit allowed{};
  if (::getrlimit(RLIMIT_NOFILE, &allowed) != 0) return;
  auto const wanted = std::min<rlim_t>(allowed.rlim_max, most);
  if (wanted <= allowed.rlim_cur) return;
  allowed.rlim_cur = wanted;
  (void)::setrlimit(RLIMIT_NOFILE, &allowed); // it works with fewer, too
}

/// Large blocks always come from the kernel and go back to it when they are freed, and two arenas
/// are enough for our threads: what is used in a burst does not stay.
void bound_free_memory() {
  constexpr int large_block = 256 * 1024;
  (void)::mallopt(M_MMAP_THRESHOLD, large_block);
  (void)::mallopt(M_ARENA_MAX, 2);
}

void report_fault(std::exception const& broken) {
  log::write(log::level::error, std::string("cannot go on: ") + broken.what(),
             {{"MESSAGE_ID", message_id::stopped_by_fault}});
}

int run(command_line const& asked) {
  file_layout const where = layout_of(asked);
  if (!asked.root.empty())
    if (auto const fine = check_root(asked.root); !fine)
      return report_failed_start(fine.error(), EX_NOPERM);
  auto how = read_settings(where.settings, where.must_have_settings);
  if (!how) return report_failed_start(how.error(), EX_CONFIG);
  if (!asked.log_level.empty()) how->log_level = *log::parse_level(asked.log_level);
  log::set_threshold(how->log_level, how->log_filters);

  raise_descriptors(how->bounds.descriptors);

  auto sockets = systemd::take_sockets(
      {systemd::varlink_socket, systemd::admin_socket, systemd::credentials_socket});
  std::vector<std::filesystem::path> above{where.state.parent_path()};
  if (sockets.empty()) above.push_back(where.socket.parent_path());
  if (auto const made = make_directories(above); !made)
    return report_failed_start(made.error(), EX_CANTCREAT);
  auto opened = open_store(where.state, how->bounds);
  if (!opened) return report_failed_start(opened.error(), exit_code_of(opened.error()));

  // Other threads only post to it: sockets and timers are used by this one, without locks.
  asio::io_context loop{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  service serves(loop,
                 {.where = where,
                  .how = *how,
                  .level_is_fixed = !asked.log_level.empty(),
                  .environment = environment(),
                  .credentials = credentials(),
                  .sockets = std::move(sockets)},
                 std::move(*opened));
  signals control(loop, serves);
  int code = EX_OK;
  serves.start([&](error const& why) {
    code = report_failed_start(why, EX_UNAVAILABLE);
    control.stop();
  });
  run_promptly(); // others wait for this thread
  try {
    loop.run();
  } catch (std::exception const& broken) {
    // Tasks are in the middle of something, which no destructor expects. What was acknowledged is
    // durable, and the service manager starts the program again.
    report_fault(broken);
    std::_Exit(EX_SOFTWARE);
  }
  return code;
}

} // namespace

int main(int argc, char** argv) {
  bound_free_memory();
  fill_standard_descriptors();
  ::signal(SIGPIPE, SIG_IGN); // a closed peer is an error of write(2), not the end of the daemon
  ::signal(SIGXFSZ, SIG_IGN); // so is a file at its size limit
  ::umask(022);
  forbid_cores();
  command_line asked;
  if (auto const code = parse_command_line(argc, argv, asked)) return *code;
  if (is_unsaid(asked)) return ask_where();
  if (!log::to_journal(log::journal_socket, "cfgd")) log::to_standard_error();
  try {
    return run(asked);
  } catch (std::exception const& broken) {
    report_fault(broken);
    return EX_SOFTWARE;
  }
}
