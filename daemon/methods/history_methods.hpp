#pragma once

#include "core/limits.hpp"
#include "daemon/access.hpp"
#include "daemon/committer.hpp"
#include "daemon/view.hpp"
#include "ipc/server.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cfgd {

/// io.cfgd.History over the committer, which reads history from disk. Secrets are never in what it
/// answers, whoever asks. Owns nothing. Loop thread only.
class history_methods {
 public:
  history_methods(view& what, committer& writer, access_policy const& access, limits const& bounds);

  void bind_to(ipc::server& server);

 private:
  struct log_task;

  void log(ipc::call const& asked);
  void fetch_log(std::shared_ptr<log_task> const& task);
  void take_page(std::shared_ptr<log_task> const& task, engine::history_page const& page);
  void diff(ipc::call const& asked);
  void get_at(ipc::call const& asked);
  void blame(ipc::call const& asked);
  void rollback(ipc::call const& asked);
  void restore(ipc::call const& asked);
  void compact(ipc::call const& asked);

  /// The parameter `prefix`, if it is there; nothing at all if the call was answered with an error.
  /// What may be read of a namespace may be read of its past.
  std::optional<std::optional<key>> read_prefix(ipc::call const& asked) const;
  /// Whether the peer may do that with a namespace (empty: with all); else it is answered.
  bool allowed(ipc::call const& asked, operation what, std::string_view name_space) const;
  /// Answers a change when it is durable.
  committer::finished answer_change(ipc::responder answer) const;

  view& view_;
  committer& committer_;
  access_policy const& access_;
  limits bounds_;
};

} // namespace cfgd
