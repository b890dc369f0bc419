#pragma once

#include "core/limits.hpp"
#include "daemon/access.hpp"
#include "daemon/committer.hpp"
#include "daemon/view.hpp"
#include "daemon/watches.hpp"
#include "ipc/server.hpp"
#include "watchers/source_watcher.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace cfgd {

/// io.cfgd.Config over the view, the committer and the watches, but for edits of files. Owns
/// nothing. Loop thread only.
class config_methods {
 public:
  config_methods(view& what, committer& writer, watches& streams, watchers::source_watcher& files,
                 access_policy const& access, limits const& bounds);

  void bind_to(ipc::server& server);

 private:
  void get(ipc::call const& asked);
  /// Get of one key that needs no escapes, from ready bytes.
  bool quick_get(std::string_view parameters, ipc::peer const& from, std::string& reply);
  /// Get where a namespace had to be read in first.
  void get_from_store(ipc::call const& asked);
  void answer_from_texts(ipc::call const& asked, std::vector<std::string> const& keys,
                         view::texts const& texts);
  /// PermissionDenied for a key that is a secret.
  void refuse_secret(ipc::call const& asked, std::string_view name_space);
  void list(ipc::call const& asked);
  void explain(ipc::call const& asked);
  void set(ipc::call const& asked);
  void list_pending(ipc::call const& asked);
  void confirm(ipc::call const& asked);
  void extend(ipc::call const& asked);
  /// The change that a call is about, if there is one and the peer may make it; else it is
  /// answered.
  engine::pending_change const* find_pending(ipc::call const& asked);
  /// Whether the peer may change all of them; else it is answered.
  bool may_write(ipc::call const& asked, std::vector<key> const& keys);
  void validate(ipc::call const& asked);
  void watch(ipc::call const& asked);
  void sync(ipc::call const& asked);

  view& view_;
  committer& committer_;
  watches& watches_;
  watchers::source_watcher& files_;
  access_policy const& access_;
  limits bounds_;
};

} // namespace cfgd
