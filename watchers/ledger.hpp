#pragma once

#include "watchers/look.hpp"
#include "watchers/source_watcher.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cfgd::watchers {

/// The ledger records what was last reported about each source and decides whether a finding of a
/// look is news. It does no I/O; the caller passes the time. Not thread-safe.
class ledger {
 public:
  using time = std::chrono::steady_clock::time_point;

  ledger(source_watcher::options const& how, std::vector<known_source> const& known);

  enum class outcome : std::uint8_t {
    settled, ///< reported, or nothing has changed
    again,   ///< must be found a second time before it is reported
    missing, ///< will be reported as gone unless it is found again within the grace period
  };
  struct circumstances {
    time now;
    std::chrono::milliseconds grace; ///< 0: an absent source is gone at once
    source_watcher::depth how_far = source_watcher::depth::changed;
  };

  /// Records one finding, which must not be `unstable`. Appends to `observations` what has changed.
  outcome take(finding found, circumstances const& when, std::vector<observation>& observations);

  /// The sources whose grace period has ended at `now`.
  std::vector<source_id> overdue(time now) const;
  /// When the next grace period ends; nullopt: no source is missing.
  std::optional<time> next_overdue() const;
  /// Extends the grace period of a missing source, because there are events on its path again.
  void postpone(source_id const& id, time until);
  bool is_missing(source_id const& id) const { return missing_.contains(id); }

  /// The emptied sources whose wait has ended at `now`, to be read again. Their next turn is at
  /// `again`, if the look does not find them.
  std::vector<source_id> take_due_emptied(time now, time again);
  /// When the next of these waits ends; nullopt: no source waits.
  std::optional<time> next_emptied() const;
  /// The sources that are empty and whose values stay for the moment.
  std::size_t emptied() const { return emptied_.size(); }
  /// Forgets the source and appends that it is gone.
  void report_gone(source_id const& id, std::vector<observation>& observations);

  /// Sources of lower layers that are no longer masked since the last call: they have to be read.
  std::vector<source_id> take_unmasked() { return std::exchange(unmasked_, {}); }
  /// The files that are masked, and links to /dev/null that mask nothing.
  std::vector<unused_file> masked() const;

  /// The file system of the directory was unmounted: sources that are absent from it are reported
  /// as blocked, not as gone.
  void unmounted(std::string const& directory);
  /// To be called after a look at everything.
  void forget_unmounts();

  /// The real path of the source, without links; the configured path if it is not known.
  std::string location(source_id const& id) const;
  /// Whether a source is a link to this real path.
  bool is_link_target(std::string const& location) const { return linked_.contains(location); }
  std::size_t size() const { return known_.size(); }

 private:
  struct state {
    file_identity identity;
    std::optional<content_hash> hash; ///< of the bytes that were last reported
    std::optional<error> blocked;
    std::string location;
    bool linked = false;
    bool unmounted = false;
    bool masked = false; ///< reported as gone, if it was reported before
    bool filled = false; ///< the bytes that were last reported are not empty
    /// Found empty, and this is not reported yet.
    struct emptiness {
      file_identity identity;
      time since;
    };
    std::optional<emptiness> empty;
  };

  std::string path_of(source_id const& id) const;
  void move_to(state& known, finding const& found);
  void forget_link(state const& known);
  outcome take_bytes(finding& found, whole_file& file, circumstances const& when,
                     std::vector<observation>& observations);
  std::optional<outcome> take_emptiness(finding const& found, file_identity const& identity,
                                        circumstances const& when,
                                        std::vector<observation>& observations);
  bool loses_values(source_id const& id, state const& known) const;
  /// The source of this name in another layer.
  static source_id in_layer(source_id const& id, layer where);
  /// The source that masks this one; nullopt: none does.
  std::optional<source_id> mask_of(source_id const& id) const;
  outcome take_mask(finding const& found, std::vector<observation>& observations);
  outcome take_masked(finding const& found, source_id const& by,
                      std::vector<observation>& observations);
  void hide(source_id const& id, source_id const& by, std::vector<observation>& observations);
  void unmask(source_id const& id);
  void block(finding const& found, error why, std::vector<observation>& observations);
  outcome take_absence(finding const& found, circumstances const& when,
                       std::vector<observation>& observations);

  std::chrono::milliseconds emptied_wait_;
  std::function<bool(source_id const&)> is_good_;
  std::map<std::pair<layer, source_kind>, std::string> directories_;
  std::map<source_id, state> known_;
  std::map<source_id, time> missing_; ///< when the grace period ends
  std::map<source_id, time> emptied_; ///< when it is read again
  std::set<source_id> masks_;         ///< links to /dev/null
  std::vector<source_id> unmasked_;   ///< for take_unmasked()
  std::multiset<std::string> linked_; ///< real paths that links lead to
};

} // namespace cfgd::watchers
