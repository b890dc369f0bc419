#include "apply/service.hpp"
#include "core/command_line/command_line.hpp"
#include "core/command_line/failed_start.hpp"
#include "core/journal.hpp"
#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "core/standard_descriptors.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>

#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>

namespace {

using namespace cfgd;

struct command_line {
  std::string root;
  std::string socket;
};

/// The exit code if there is nothing to run.
std::optional<int> parse_command_line(int argc, char** argv, command_line& into) {
  CLI::App app("cfgd-apply: settings rendered into files of other programs", "cfgd-apply");
  app.add_option(
         "--root", into.root,
         "Everything below DIR, as cfgd --root has it: etc/targets, vendor/targets, state/apply")
      ->type_name("DIR");
  app.add_option("--socket", into.socket,
                 "Socket of cfgd; default: CFGD_SOCKET, else /run/cfgd/io.cfgd");
  app.set_version_flag("--version", "cfgd-apply " CFGD_VERSION);
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (CLI::ParseError const& wrong) {
    return report_end(app, wrong);
  }
}

int run(command_line const& asked) {
  auto places =
      asked.root.empty()
          ? apply::layout::system()
          : apply::layout::below(std::filesystem::absolute(asked.root).lexically_normal());
  if (!asked.socket.empty()) places.socket = asked.socket;
  std::error_code failed;
  std::filesystem::create_directories(places.state, failed);
  std::filesystem::create_directories(places.report.parent_path(), failed);
  ::chmod(places.state.c_str(), 0700);
  auto record = apply::journal::open(places.state);
  if (!record) return report_failed_start(record.error(), EX_CANTCREAT);
  boost::asio::io_context loop{1};
  apply::systemd_units units;
  apply::service service(loop, places, *record, units);
  try {
    service.start();
    loop.run();
    return EX_OK;
  } catch (std::exception const& broken) {
    // The watches cannot be joined any more. The next start goes on where the journal ends.
    log::write(log::level::error, std::string("internal error: ") + broken.what(),
               {{"MESSAGE_ID", message_id::stopped_by_fault}});
    std::_Exit(EX_SOFTWARE);
  }
}

} // namespace

int main(int argc, char** argv) {
  fill_standard_descriptors();
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN); // until the service listens to it: cfgctl may be early
  ::umask(0022);
  command_line asked;
  if (auto const code = parse_command_line(argc, argv, asked)) return *code;
  if (!log::to_journal(log::journal_socket, "cfgd-apply")) log::to_standard_error();
  try {
    return run(asked);
  } catch (std::exception const& broken) {
    log::write(log::level::error, std::string("internal error: ") + broken.what(),
               {{"MESSAGE_ID", message_id::stopped_by_fault}});
    return EX_SOFTWARE;
  }
}
