#pragma once

#include "daemon/committer.hpp"
#include "daemon/consumers.hpp"
#include "daemon/query_thread.hpp"
#include "daemon/view.hpp"
#include "daemon/watches.hpp"
#include "ipc/server.hpp"
#include "watchers/source_watcher.hpp"

namespace cfgd {

/// The parts of the service that methods, checks and figures work with. The service owns them; they
/// outlive everything that has a copy of this. Loop thread only.
struct service_parts {
  view& values;
  committer& writer;
  watches& streams;
  watchers::source_watcher& files;
  ipc::server& server;
  query_thread& queries;
  consumers& programs; ///< that watch under a name
};

} // namespace cfgd
