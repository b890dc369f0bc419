#pragma once

#include "client/connection.hpp"
#include "tests/support/scripted_peer.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cfgd::test {

/// The path for the socket of a scripted service, in a directory of its own.
struct client_fixture {
  temporary_directory directory;
  std::string path = directory / "socket";

  client::connection connected(std::chrono::milliseconds limit = std::chrono::seconds(20)) const {
    return client::connection::connect(path, limit).value();
  }
};

/// The same, with a loop for asynchronous clients.
struct loop_fixture : client_fixture {
  boost::asio::io_context loop{1};

  /// Starts an operation; its outcome is in the result when the loop has run.
  template <class T>
  std::shared_ptr<std::optional<T>> start(boost::asio::awaitable<T> operation) {
    auto outcome = std::make_shared<std::optional<T>>();
    boost::asio::co_spawn(loop, std::move(operation),
                          [outcome](std::exception_ptr const& failed, T done) {
                            if (failed) std::rethrow_exception(failed);
                            outcome->emplace(std::move(done));
                          });
    return outcome;
  }
  /// Runs the loop until an operation that was started ends.
  template <class T>
  T finish(std::shared_ptr<std::optional<T>> const& outcome) {
    auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    loop.restart();
    while (!outcome->has_value() && loop.run_one_until(end) != 0) {
    }
    BOOST_REQUIRE(outcome->has_value());
    return std::move(**outcome);
  }
  template <class T>
  T run(boost::asio::awaitable<T> operation) {
    return finish(start(std::move(operation)));
  }
};

enum class ending { close, wait };
/// A script: receives `call`, or any call if it is empty, and sends `replies`; then closes, or
/// waits for the client to close.
inline scripted_peer::script answer(std::string call, std::vector<std::string> replies,
                                    ending end = ending::wait) {
  return [call = std::move(call), replies = std::move(replies), end](scripted_connection& client) {
    std::string const got = client.receive();
    if (!call.empty() && got != call)
      throw std::runtime_error("unexpected call: " + got + "\nexpected: " + call);
    for (auto const& reply : replies)
      client.send(reply);
    if (end == ending::wait) client.wait_for_close();
  };
}

} // namespace cfgd::test
