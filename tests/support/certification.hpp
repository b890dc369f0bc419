#pragma once

#include "ipc/server.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

/// org.varlink.certification, with which implementations of Varlink are tried against each other
/// (varlink.org, "Language Bindings"): each call's parameters are what the call before answered.
namespace cfgd::test {

/// The service. Remembers which call each client has to make next.
class certification_service {
 public:
  /// Adds the interface to `server`, which must not outlive this object.
  explicit certification_service(ipc::server& server);

  /// How many clients came to the end.
  int certified() const { return certified_; }

 private:
  void serve(std::size_t step, ipc::call const& made);
  void start(ipc::call const& made);
  void finish(std::size_t step, ipc::call const& made);

  std::map<std::string, std::size_t> next_; ///< by client
  int started_ = 0;
  int certified_ = 0;
};

/// A connection as the client uses it: whole messages.
struct exchange {
  /// Sends a message, which ends with its NUL.
  std::function<void(std::string_view)> send;
  /// The next message without its NUL; absent if there is none.
  std::function<std::optional<std::string>()> receive;
};

/// Makes all the calls. What went wrong; empty if nothing did.
std::string certify(exchange const& with);

} // namespace cfgd::test
