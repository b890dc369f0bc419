#include "core/command_line/command_line.hpp"
#include "core/command_line/failed_start.hpp"
#include "core/journal.hpp"
#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "core/standard_descriptors.hpp"
#include "exporter/http_server.hpp"
#include "exporter/listen_address.hpp"
#include "exporter/pages.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <sysexits.h>

#include <csignal>
#include <exception>
#include <optional>
#include <string>

// A program of its own, so that the service needs neither network nor HTTP: a fault or an attack
// here gains no more than the rights of a client that may read.

namespace {

namespace asio = boost::asio;
using namespace cfgd;

struct command_line {
  std::string listen = "127.0.0.1:9718";
  std::string socket;
  bool allow_remote = false;
};

/// The exit code if there is nothing to run.
std::optional<int> parse_command_line(int argc, char** argv, command_line& into) {
  CLI::App app("cfgd-exporter: metrics and health of cfgd over HTTP", "cfgd-exporter");
  app.add_option("--listen", into.listen, "ADDRESS:PORT")->capture_default_str();
  app.add_option("--socket", into.socket,
                 "Socket of cfgd; default: CFGD_SOCKET, else /run/cfgd/io.cfgd");
  app.add_flag("--allow-remote", into.allow_remote,
               "Accept an address that other machines can reach");
  app.set_version_flag("--version", "cfgd-exporter " CFGD_VERSION);
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (CLI::ParseError const& wrong) {
    return report_end(app, wrong);
  }
}

int run(command_line const& asked) {
  auto const where = exporter::parse_listen_address(
      asked.listen, asked.allow_remote ? exporter::remote::allowed : exporter::remote::forbidden);
  if (!where) return report_failed_start(where.error(), EX_USAGE);

  asio::io_context loop{1};
  exporter::pages pages(loop.get_executor(), asked.socket);
  exporter::http_server server(loop.get_executor(), pages, {});
  if (auto const listening = server.listen(*where); !listening)
    return report_failed_start(listening.error(), EX_UNAVAILABLE);
  auto const bound = server.address();
  log::write(log::level::info, "listening on " + bound.address().to_string() + " port " +
                                   std::to_string(bound.port()));
  asio::signal_set control(loop, SIGTERM, SIGINT);
  control.async_wait([&](boost::system::error_code const&, int) { server.stop([] {}); });
  loop.run();
  return EX_OK;
}

} // namespace

int main(int argc, char** argv) {
  fill_standard_descriptors();
  ::signal(SIGPIPE, SIG_IGN); // a client that has gone is an error of write(2)
  command_line asked;
  if (auto const code = parse_command_line(argc, argv, asked)) return *code;
  if (!log::to_journal(log::journal_socket, "cfgd-exporter")) log::to_standard_error();
  try {
    return run(asked);
  } catch (std::exception const& broken) {
    log::write(log::level::error, std::string("internal error: ") + broken.what(),
               {{"MESSAGE_ID", message_id::stopped_by_fault}});
    return EX_SOFTWARE;
  }
}
