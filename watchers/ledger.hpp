#pragma once

#include "watchers/look.hpp"
#include "watchers/source_watcher.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cfgd::watchers {

/// What has been told about each source, and what a finding means against that. No I/O; is told the
/// time.
class ledger {
 public:
  using time = std::chrono::steady_clock::time_point;

  ledger(source_watcher::options const& how, std::vector<known_source> const& known);

  enum class outcome : std::uint8_t {
    settled, ///< told, or nothing to tell
    again,   ///< has to be found a second time before it is believed
    missing, ///< gone unless it is found again within the grace
  };
  struct circumstances {
    time now;
    std::chrono::milliseconds grace; ///< 0: what is absent is gone
    source_watcher::depth how_far = source_watcher::depth::changed;
  };

  /// Takes in one finding (not `unstable`); appends what there is to tell.
  outcome take(finding found, circumstances const& when, std::vector<observation>& tell);

  /// Sources that were absent for the grace at `now`.
  std::vector<source_id> overdue(time now) const;
  /// When the next one will be.
  std::optional<time> next_overdue() const;
  /// A missing source whose place makes noise again: looked at later.
  void postpone(source_id const& id, time until);
  bool is_missing(source_id const& id) const { return missing_.contains(id); }
  void give_up(source_id const& id, std::vector<observation>& tell);

  /// The file system that the directory was on has been unmounted: what is absent from it now is
  /// blocked, not gone.
  void unmounted(std::string const& directory);
  /// Everything has been looked at since.
  void forget_unmounts();

  /// Where the source really is; the path as people know it if that is not known.
  std::string location(source_id const& id) const;
  /// Whether the real path is one that a link of a source leads to.
  bool is_link_target(std::string const& location) const { return linked_.contains(location); }
  std::size_t size() const { return told_.size(); }

 private:
  struct state {
    file_identity identity;
    std::optional<content_hash> hash; ///< of the bytes that were told last
    std::optional<error> blocked;
    std::string location;
    bool linked = false;
    bool unmounted = false;
    std::optional<file_identity> empty; ///< found empty once
  };

  std::string path_of(source_id const& id) const;
  void move_to(state& known, finding const& found);
  outcome take_bytes(finding& found, whole_file& file, circumstances const& when,
                     std::vector<observation>& tell);
  outcome take_absence(finding const& found, circumstances const& when,
                       std::vector<observation>& tell);

  std::map<std::pair<layer, source_kind>, std::string> directories_;
  std::map<source_id, state> told_;
  std::map<source_id, time> missing_; ///< until when
  std::multiset<std::string> linked_;
};

} // namespace cfgd::watchers
