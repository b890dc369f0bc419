#pragma once

#include "client/types.hpp"
#include "client/watcher.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace cfgd::client::detail {

/// Turns the replies of Watch calls, one connection after the other, into events. No I/O.
class watch_progress {
 public:
  /// `store_id`: the store that `after_revision` is from; absent: not known.
  watch_progress(std::optional<revision_number> after_revision, resync_mode mode,
                 std::optional<std::string> store_id = {});

  /// A connection begins. What to ask for: the revision to continue after, or absent for the state.
  std::optional<revision_number> begin();

  /// Takes one reply. Gives an event when one is whole: the state, a revision, or a resync.
  std::optional<watch_event> take(watch_event reply);

  /// Whether replies of a state are still to come.
  bool collecting() const { return collecting_; }
  /// Whether an event was given, or the service confirmed after_revision.
  bool established() const { return established_; }
  revision_number revision() const { return last_.value_or(0); }
  /// The store that revision() is of; absent: no reply has said it.
  std::optional<std::string> const& store_id() const { return store_id_; }

 private:
  watch_event finish_state(watch_event collected);
  void remember(watch_event const& change);
  void differ(watch_event& state);

  resync_mode mode_;
  std::optional<revision_number> last_; ///< everything up to here was reported
  std::optional<std::string> store_id_; ///< that last_ is of
  bool established_ = false;
  bool collecting_ = false;
  watch_event collected_;
  /// What was reported; only for resync_mode::differences.
  std::map<std::string, boost::json::value, std::less<>> known_;
  bool known_whole_; ///< false after an after_revision, until the first resync
};

} // namespace cfgd::client::detail
