#pragma once

#include "tests/support/serving.hpp"

#include <string>

namespace cfgd::test {

/// A server that is not yet started, so that a test can change its bounds.
struct session_fixture : serving {
  varlink_peer start_and_connect() {
    start();
    return connect();
  }
  /// Waits until `count` calls of Hold and Stream wait for their answer.
  bool holds(std::size_t count) {
    return until([&] { return held.size() == count; });
  }
  /// Waits until no connection is left.
  bool ended() {
    return until([&] { return server->figures().connections == 0; });
  }
};

/// A server with its first client.
struct connected_fixture : session_fixture {
  varlink_peer client = start_and_connect();
};

/// The next message, "closed" if none comes.
inline std::string received(varlink_peer& by) { return by.receive().value_or("closed"); }

} // namespace cfgd::test
