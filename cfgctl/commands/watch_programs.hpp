#pragma once

#include "client/types.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <vector>

/// The input and environment of a program of `watch --exec`.
namespace cfgd::cfgctl {

/// Merges the events since the last run of the program into one.
class merged_events {
 public:
  /// Merges `event` into those that wait.
  void add(client::watch_event&& event);

  bool empty() const { return !waiting_; }

  struct handover {
    std::vector<std::string> environment; ///< CFGD_REVISION, CFGD_KEYS, and so on
    std::string input;                    ///< the event as a line of JSON
  };
  /// Returns all that waits, and becomes empty. Requires !empty().
  handover take();

 private:
  std::optional<client::watch_event> waiting_;
};

} // namespace cfgd::cfgctl
