#pragma once

#include "client/types.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <vector>

/// What `watch --exec` hands to its program.
namespace cfgd::cfgctl {

/// Events since the last run of the program, as one.
class merged_events {
 public:
  /// What of `event` is worth a run is kept.
  void add(client::watch_event&& event);

  bool empty() const { return !waiting_; }

  struct handover {
    std::vector<std::string> environment; ///< CFGD_REVISION, CFGD_KEYS, and so on
    std::string input;                    ///< the event as a line of JSON
  };
  /// All that waits, and begins anew.
  handover take();

 private:
  std::optional<client::watch_event> waiting_;
};

} // namespace cfgd::cfgctl
