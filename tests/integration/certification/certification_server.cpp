#include "core/log.hpp"
#include "ipc/server.hpp"
#include "tests/support/certification.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <cstdio>
#include <string_view>

// certification_server --socket PATH: serves org.varlink.certification, for clients of other
// implementations, until SIGTERM or SIGINT.

int main(int argc, char** argv) {
  if (argc != 3 || std::string_view(argv[1]) != "--socket") {
    std::fprintf(stderr, "usage: %s --socket PATH\n", argv[0]);
    return 2;
  }
  cfgd::log::to_standard_error();
  boost::asio::io_context loop(1);
  cfgd::ipc::server server(loop.get_executor(), {}, {"cfgd", "certification", "1", ""});
  cfgd::test::certification_service const service(server);
  if (auto const listening = server.listen(argv[2]); !listening) {
    std::fprintf(stderr, "%s\n", to_string(listening.error()).c_str());
    return 1;
  }

  boost::asio::signal_set signals(loop, SIGTERM, SIGINT);
  signals.async_wait(
      [&](boost::system::error_code, int) { server.stop(std::chrono::milliseconds(100), [] {}); });
  loop.run();
  std::printf("%d certified\n", service.certified());
  return 0;
}
