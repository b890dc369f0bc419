#pragma once

#include "core/source.hpp"
#include "watchers/source_watcher.hpp"

#include <map>
#include <optional>
#include <vector>

namespace cfgd {

/// Collects the observations of files while an edit of several files is in progress: the newest of
/// each file. Does no I/O.
class file_edit {
 public:
  /// Takes observations in the order in which they were made.
  void hold(std::vector<watchers::observation> observed);
  /// The number of files with an observation.
  std::size_t size() const { return held_.size(); }

  struct taken {
    /// To be committed as one change. No file is in it twice.
    std::vector<watchers::observation> edit;
    /// To be committed after it: files that are no longer trusted or readable, but were when they
    /// were saved.
    std::vector<watchers::observation> behind;
  };
  /// Returns all observations and forgets them.
  taken release();

 private:
  struct held {
    std::optional<watchers::observation> content;
    /// The observation after it.
    std::optional<watchers::observation> last;
  };
  std::map<source_id, held> held_;
};

} // namespace cfgd
