#include "core/journal.hpp"
#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "daemon/service.hpp"
#include "daemon/systemd.hpp"
#include "daemon/version.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

// Command line, settings, store, loop, signals. A failure to start is one line on standard error
// and an exit code of sysexits.h (cfgd(8) lists them).

namespace {

namespace asio = boost::asio;
using namespace cfgd;

struct command_line {
  std::string root;
  std::string config;
  std::string socket;
  std::string log_level;
};

/// The exit code if there is nothing to run.
std::optional<int> parse_command_line(int argc, char** argv, command_line& into) {
  CLI::App app("cfgd: the configuration service of this machine", "cfgd");
  app.add_option("--root", into.root,
                 "Keep everything below this directory (for users and trials)");
  app.add_option("--config", into.config, "Settings file instead of cfgd.toml in its usual place");
  app.add_option("--socket", into.socket, "Socket path instead of the usual one");
  app.add_option("--log-level", into.log_level, "error, warning, notice, info or debug")
      ->check(CLI::IsMember({"error", "warning", "notice", "info", "debug"}));
  app.set_version_flag("--version", "cfgd " + std::string(version));
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (CLI::ParseError const& wrong) {
    return app.exit(wrong) == 0 ? EX_OK : EX_USAGE;
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

int complain(error const& why, int code) {
  log::write(log::level::error, to_string(why), {{"MESSAGE_ID", message_id::start_failed}});
  return code;
}

file_layout layout_of(command_line const& asked) {
  file_layout where =
      asked.root.empty()
          ? file_layout::system()
          : file_layout::below(std::filesystem::absolute(asked.root).lexically_normal());
  if (!asked.config.empty()) where.settings = std::filesystem::absolute(asked.config);
  if (!asked.socket.empty()) where.socket = std::filesystem::absolute(asked.socket);
  return where;
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
      : set_(loop, SIGTERM, SIGINT, SIGHUP), serves_(serves) {
    wait();
  }

  void stop() {
    if (std::exchange(stopping_, true)) return;
    log::write(log::level::info, "stopping");
    serves_.stop([this] { set_.cancel(); });
  }

 private:
  void wait() {
    set_.async_wait([this](boost::system::error_code const& ec, int number) {
      if (ec) return; // cancelled: the service has stopped
      if (number == SIGHUP)
        serves_.reload([](result<revision_number> const&) {});
      else
        stop();
      wait();
    });
  }

  asio::signal_set set_;
  service& serves_;
  bool stopping_ = false;
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

int run(command_line const& asked) {
  file_layout const where = layout_of(asked);
  auto how = read_settings(where.settings);
  if (!how) return complain(how.error(), EX_CONFIG);
  if (!asked.log_level.empty()) how->log_level = *log::parse_level(asked.log_level);
  log::set_threshold(how->log_level, how->log_filters);

  auto const sockets = systemd::take_sockets();
  std::vector<std::filesystem::path> above{where.state.parent_path()};
  if (sockets.empty()) above.push_back(where.socket.parent_path());
  if (auto const made = make_directories(above); !made) return complain(made.error(), EX_CANTCREAT);
  auto opened = open_store(where.state, how->bounds);
  if (!opened) return complain(opened.error(), exit_code_of(opened.error()));

  asio::io_context loop{1};
  service serves(loop,
                 {.where = where,
                  .how = *how,
                  .level_is_fixed = !asked.log_level.empty(),
                  .environment = environment(),
                  .sockets = sockets},
                 std::move(*opened));
  signals control(loop, serves);
  int code = EX_OK;
  serves.start([&](error const& why) {
    code = complain(why, EX_UNAVAILABLE);
    control.stop();
  });
  loop.run();
  return code;
}

} // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN); // a closed peer is an error of write(2), not the end of the daemon
  ::signal(SIGXFSZ, SIG_IGN); // so is a file at its size limit
  ::umask(022);
  command_line asked;
  if (auto const code = parse_command_line(argc, argv, asked)) return *code;
  if (!log::to_journal(log::journal_socket, "cfgd")) log::to_standard_error();
  try {
    return run(asked);
  } catch (std::exception const& broken) {
    log::write(log::level::error, std::string("cannot go on: ") + broken.what(),
               {{"MESSAGE_ID", message_id::stopped_by_fault}});
    return EX_SOFTWARE;
  }
}
