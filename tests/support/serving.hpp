#pragma once

#include "ipc/server.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/varlink_peer.hpp"

#include <boost/asio/io_context.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::test {

/// A server of the interface org.example.try, listening in a directory of its own; each test
/// changes `bounds` before start(). Everything runs in the test's thread.
class serving {
 public:
  serving() = default;
  ~serving();
  serving(serving const&) = delete;
  serving& operator=(serving const&) = delete;

  void start();
  /// Stops and waits until it has.
  void stop(std::chrono::milliseconds drain = std::chrono::milliseconds(0));
  varlink_peer connect() { return {loop, path()}; }
  std::filesystem::path path() const { return directory / "socket"; }
  bool until(std::function<bool()> const& holds,
             std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    return run_until(loop, holds, limit);
  }

  temporary_directory directory;
  boost::asio::io_context loop;
  limits bounds;
  std::optional<ipc::server> server;
  std::vector<ipc::responder> held; ///< of Hold, Queue and Stream, unanswered
  bool has_room = true;             ///< calls of Queue may overlap
  std::vector<std::string> noted;   ///< what Note was called with
  int closed = 0;                   ///< calls of on_closed
  int drained = 0;                  ///< calls of on_drained
};

/// The description of org.example.try.
extern std::string_view const try_interface;

/// {"method":"org.example.try.NAME","parameters":PARAMETERS} and what `more` adds.
std::string try_call(std::string_view name, std::string_view parameters = "{}",
                     std::string_view more = {});

} // namespace cfgd::test
