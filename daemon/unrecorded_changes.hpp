#pragma once

#include "engine/records.hpp"
#include "watchers/source_watcher.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace cfgd {

/// Decides which changes of files and of the environment have to be committed, and again after a
/// commit has failed. Until the first look at the files is over, their observations are collected,
/// so that everything that changed while the service was down is one commit. Does no I/O.
class unrecorded_changes {
 public:
  /// `environment`: variables that differ from those of the last run. They are part of every commit
  /// until one succeeds.
  explicit unrecorded_changes(std::vector<engine::source_update> environment)
      : environment_(std::move(environment)) {}

  /// Takes observations of the first look; false: the first look is over, commit them.
  bool collect_first_look(std::vector<watchers::observation>& observed);
  /// Ends the first look. Returns what was collected; absent: nothing has changed.
  std::optional<std::vector<watchers::observation>> end_first_look();

  /// One commit of observations, from the request to its result.
  struct attempt {
    std::set<source_id> files; ///< observed in it
    /// Its observations without contents: those are read again after a failure.
    std::vector<watchers::observation> kept;
  };
  static attempt begin(std::vector<watchers::observation> const& observed);
  /// The changes of the environment, for the commit.
  std::vector<engine::source_update> const& environment() const { return environment_; }

  /// The commit succeeded: its files are recorded, and the environment is.
  void succeeded(attempt const& which);
  /// The commit failed: a later observation of the same file replaces an earlier one.
  void failed(attempt&& which, error const& why);
  /// Why a file, or the environment, is not recorded: the failure of its last commit. A commit of
  /// other files does not end it. Absent: everything is recorded.
  std::optional<error> failure() const;
  /// How many files and variables are not recorded.
  std::size_t unrecorded() const {
    return failing_.size() + (environment_failure_ ? environment_.size() : 0);
  }

  /// The observations to commit again; absent: none, and no environment. They count as an attempt
  /// that the caller begins.
  std::optional<std::vector<watchers::observation>> take_retry();

 private:
  void forget(std::set<source_id> const& files);

  bool first_look_ = true;
  std::vector<watchers::observation> collected_; ///< in the first look
  std::vector<watchers::observation> waiting_;   ///< for a retry
  std::vector<engine::source_update> environment_;
  std::map<source_id, error> failing_; ///< by file, why its last commit failed
  std::optional<error> environment_failure_;
};

} // namespace cfgd
