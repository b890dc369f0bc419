#pragma once

#include "ipc/framing.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::test {

/// A connection to a running service on which a test sends what it likes and takes replies one by
/// one. Waits end with std::runtime_error after 120 s.
class stream {
 public:
  explicit stream(std::filesystem::path const& socket);
  ~stream();
  stream(stream&& other) noexcept;
  stream(stream const&) = delete;
  stream& operator=(stream const&) = delete;

  void send(std::string_view message);
  /// A whole reply: parameters, continues, error. Throws if the service closes instead.
  boost::json::object next();
  /// The parameters of the next reply.
  boost::json::object parameters();
  /// Sends and takes one reply.
  boost::json::object ask(std::string_view message);
  /// Sends a call with `more`, and takes the parameters of each reply up to the last.
  std::vector<boost::json::object> ask_for_all(std::string_view message);
  /// Whether nothing arrives within `time`.
  bool is_quiet_for(std::chrono::milliseconds time);
  int socket() const { return socket_; }

 private:
  bool fill(std::chrono::milliseconds limit);

  int socket_;
  ipc::frame_reader frames_;
};

/// A Watch whose state has been taken.
stream watch(std::filesystem::path const& socket, std::string_view prefixes = "[]");

} // namespace cfgd::test
