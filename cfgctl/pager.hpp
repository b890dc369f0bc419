#pragma once

#include <sys/types.h>

namespace cfgd::cfgctl {

/// Sends standard output through a pager while it exists: PAGER, which a shell parses, else
/// less(1). An empty PAGER, `cat`, or a less that is not installed mean none. The destructor waits
/// until the user has left the pager. At most one object at a time.
class pager {
 public:
  enum class use : bool { no, yes };

  explicit pager(use wanted);
  ~pager();
  pager(pager const&) = delete;
  pager& operator=(pager const&) = delete;

 private:
  pid_t running_ = -1;
};

} // namespace cfgd::cfgctl
