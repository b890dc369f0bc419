#include "tests/integration/stream.hpp"

#include "core/json.hpp"

#include <boost/json/value.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace cfgd::test {
namespace {

constexpr std::chrono::milliseconds limit{120'000};
constexpr std::size_t frame_bytes = 16 * 1024 * 1024;

} // namespace

stream::stream(std::filesystem::path const& socket)
    : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), frames_(frame_bytes) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.native().size() >= sizeof address.sun_path) throw std::runtime_error("path too long");
  std::memcpy(address.sun_path, socket.c_str(), socket.native().size());
  if (::connect(socket_, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
    throw std::system_error(errno, std::generic_category(), "connect " + socket.string());
}

stream::~stream() {
  if (socket_ >= 0) ::close(socket_);
}

stream::stream(stream&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), frames_(std::move(other.frames_)) {}

void stream::send(std::string_view message) {
  std::string const frame = std::string(message) + '\0';
  for (std::size_t sent = 0; sent < frame.size();) {
    ssize_t const count = ::send(socket_, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
    if (count < 0) throw std::system_error(errno, std::generic_category(), "send");
    sent += static_cast<std::size_t>(count);
  }
}

bool stream::fill(std::chrono::milliseconds time) {
  pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, static_cast<int>(time.count())) == 0) return false;
  auto const room = frames_.prepare(4096);
  ssize_t const count = ::recv(socket_, room.data(), room.size(), 0);
  if (count <= 0) throw std::runtime_error("the service has closed the connection");
  frames_.commit(static_cast<std::size_t>(count));
  return true;
}

boost::json::object stream::next() {
  for (;;) {
    if (auto const frame = frames_.next())
      return json::parse(*frame, json::dialect::strict, {.depth = 128, .elements = 10'000'000})
          .value()
          .as_object();
    if (!fill(limit)) throw std::runtime_error("no reply in time");
  }
}

boost::json::object stream::parameters() {
  auto reply = next();
  if (reply.contains("error")) throw std::runtime_error(json::canonical(reply));
  return reply.contains("parameters") ? reply.at("parameters").as_object() : boost::json::object();
}

boost::json::object stream::ask(std::string_view message) {
  send(message);
  return next();
}

std::vector<boost::json::object> stream::ask_for_all(std::string_view message) {
  send(message);
  std::vector<boost::json::object> all;
  for (bool more = true; more;) {
    auto const reply = next();
    more = reply.contains("continues");
    all.push_back(reply.at("parameters").as_object());
  }
  return all;
}

bool stream::is_quiet_for(std::chrono::milliseconds time) { return !fill(time); }

stream watch(std::filesystem::path const& socket, std::string_view prefixes) {
  stream opened(socket);
  opened.send(R"({"method":"io.cfgd.Config.Watch","more":true,"parameters":{"prefixes":)" +
              std::string(prefixes) + "}}");
  while (!opened.parameters().contains("ready")) {
  }
  return opened;
}

} // namespace cfgd::test
