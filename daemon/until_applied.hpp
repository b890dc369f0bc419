#pragma once

#include "core/change.hpp"
#include "daemon/consumers.hpp"
#include "daemon/query_thread.hpp"
#include "engine/records.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cfgd {

/// The pending changes of kind `applied`: confirms each when every consumer that it concerns has
/// applied it and the health checks, which run then, find nothing critical; has it undone at once
/// when a consumer fails or a check becomes critical. What neither happens to ends at its deadline.
/// Works from the list of pending changes alone, so that it goes on after a restart. Loop thread
/// only.
class until_applied {
 public:
  struct parts {
    consumers& programs;
    query_thread& history;
    /// Runs health checks, then calls its argument.
    std::function<void(std::function<void()>)> check;
    /// Makes the change permanent; `reason` is for the log.
    std::function<void(revision_number, std::string const& reason)> confirm;
    /// Undoes it, and tries again until that is done or the change has ended otherwise.
    std::function<void(engine::pending_change const&, std::string const& reason)> undo;
  };
  explicit until_applied(parts with) : with_(std::move(with)) {}

  /// The list of pending changes, whenever it has changed.
  void follow(std::vector<engine::pending_change> const& pending);
  /// A health check has become critical.
  void on_critical(std::string const& check);

 private:
  struct tracked {
    engine::pending_change what;
    std::optional<std::uint64_t> wait = {}; ///< absent: it has not begun, or has ended
    bool is_undone = false;                 ///< or will be, so it is not confirmed any more
  };
  void begin(revision_number revision);
  void wait_for(revision_number revision, std::vector<std::string> const& names);
  void take(revision_number revision, consumers::outcome const& made,
            std::vector<std::string> const& asked);
  /// Undoes it if one of the consumers could not apply it. Whether it is, or has ended otherwise.
  bool has_ended(revision_number revision, std::vector<std::string> const& asked);
  void undo(revision_number revision, std::string const& reason);

  parts with_;
  std::map<revision_number, tracked> all_;
};

} // namespace cfgd
