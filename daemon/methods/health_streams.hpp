#pragma once

#include "core/limits.hpp"
#include "daemon/health/monitor.hpp"
#include "daemon/visible.hpp"
#include "ipc/call.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace cfgd {

/// The parameters of a reply with checks, and the status of all checks.
std::string health_text(health::state overall, std::vector<health::report> const& reports);

/// Reports for a peer: without messages and details, which may name any namespace and its files, if
/// some are hidden from it.
std::vector<health::report> shown_to(visible_namespaces const& may_read,
                                     std::vector<health::report> all);

/// The calls of WatchHealth that are being answered. Loop thread only.
class health_streams {
 public:
  /// `checks` must outlive it.
  health_streams(health::monitor& checks, limits const& bounds)
      : checks_(checks), bounds_(bounds) {}

  /// Begins to answer a call: with all checks now, then with those whose status changes.
  void start(ipc::responder const& answer, visible_namespaces may_read);

  /// Sends a check whose status has changed to every stream, as soon as it has room.
  void on_change(health::monitor::transition const& what);

  /// The number of open streams.
  std::size_t size() const { return streams_.size(); }

 private:
  struct stream {
    ipc::responder answer;
    visible_namespaces may_read;
    /// Checks whose status has changed since they were sent.
    std::set<std::string> needs_resync;
  };
  using number = std::uint64_t;

  void pump(number which);

  health::monitor& checks_;
  limits bounds_;
  std::map<number, stream> streams_;
  number last_ = 0;
};

} // namespace cfgd
