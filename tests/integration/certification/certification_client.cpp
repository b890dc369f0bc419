#include "ipc/framing.hpp"
#include "tests/support/certification.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>

// certification_client --socket PATH: makes the calls of org.varlink.certification to a server of
// another implementation. Exit status 0 if all was right.

int main(int argc, char** argv) {
  if (argc != 3 || std::string_view(argv[1]) != "--socket") {
    std::fprintf(stderr, "usage: %s --socket PATH\n", argv[0]);
    return 2;
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string_view const path(argv[2]);
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  int const socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // bind(2) and connect(2) want it so.
  if (::connect(socket, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0) {
    std::perror("connect");
    return 1;
  }

  cfgd::ipc::frame_reader reader(16 * 1024 * 1024);
  cfgd::test::exchange const with{
      [&](std::string_view message) {
        (void)::send(socket, message.data(), message.size(), MSG_NOSIGNAL);
      },
      [&]() -> std::optional<std::string> {
        for (;;) {
          if (auto const message = reader.next()) return std::string(*message);
          auto const room = reader.prepare(4096);
          auto const count = ::recv(socket, room.data(), room.size(), 0);
          if (count <= 0) return std::nullopt;
          reader.commit(static_cast<std::size_t>(count));
        }
      }};
  auto const problem = cfgd::test::certify(with);
  ::close(socket);
  std::printf("%s\n", problem.empty() ? "certified" : problem.c_str());
  return problem.empty() ? 0 : 1;
}
