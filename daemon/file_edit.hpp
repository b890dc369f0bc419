#pragma once

#include "core/source.hpp"
#include "watchers/source_watcher.hpp"

#include <map>
#include <optional>
#include <vector>

namespace cfgd {

/// What was found in files while an edit of several of them is under way: of each file the newest.
/// Does no I/O.
class file_edit {
 public:
  void hold(std::vector<watchers::observation> observed);

  /// All that is held, no file twice in one of them; nothing is held then.
  struct taken {
    /// To be taken as one change.
    std::vector<watchers::observation> edit;
    /// Behind it: files that cannot be believed or read any more, though they could when they were
    /// saved.
    std::vector<watchers::observation> behind;
  };
  taken release();

 private:
  struct held {
    std::optional<watchers::observation> content;
    /// What came behind it.
    std::optional<watchers::observation> last;
  };
  std::map<source_id, held> held_;
};

} // namespace cfgd
