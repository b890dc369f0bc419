#pragma once

#include "daemon/access.hpp"
#include "daemon/methods/method_row.hpp"
#include "ipc/server.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cfgd {

/// Hands calls to the handlers of a table of methods after it has checked the right that each
/// needs: the only place that does so. Only the right to read is not refused here: handlers leave
/// out what the caller may not read. It fails closed: a method without a row, a row without a
/// right, and a call that names no namespace where its method touches some are answered
/// PermissionDenied, with a line in the log. Counting and timing is the server's. Loop thread only.
class dispatcher {
 public:
  /// `policy` must outlive it and the server. No method may have two rows.
  dispatcher(access_policy const& policy, std::vector<method_row> rows);

  dispatcher(dispatcher const&) = delete;
  dispatcher& operator=(dispatcher const&) = delete;

  /// Serves every method of the server's interfaces but org.varlink.service, which the server
  /// answers itself. Call it once, when all interfaces are added; this must outlive the server's
  /// last call.
  void bind_to(ipc::server& server);

  /// Answers a call, or hands it to the handler that will.
  void serve(ipc::call const& asked) const;

  /// The same for a short cut; false: the call has to go the usual way. Must not throw.
  bool serve_quickly(method_row const& row, std::string_view parameters, ipc::peer const& from,
                     std::string& reply) const;

 private:
  access_policy const& policy_;
  std::vector<method_row> rows_;
  std::unordered_map<std::string_view, method_row const*> by_name_;
};

} // namespace cfgd
