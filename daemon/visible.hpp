#pragma once

#include "core/change.hpp"
#include "core/error.hpp"
#include "core/key.hpp"
#include "core/value_path.hpp"
#include "engine/records.hpp"
#include "ipc/peer.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cfgd {

class access_policy;

/// Which namespaces a peer may read, as a property to keep: holds a copy of the peer, and follows
/// changes of rights. A namespace that it refuses must look as if it did not exist. Must not
/// outlive the policy.
class visible_namespaces {
 public:
  visible_namespaces(access_policy const& policy, ipc::peer who)
      : policy_(&policy), who_(std::move(who)) {}

  bool operator()(std::string_view name_space) const;
  /// Whether the peer may see the secrets of a namespace.
  bool secrets_of(std::string_view name_space) const;
  /// The same for the namespace of a key that was written as text.
  bool has_key(std::string_view key_text) const;
  /// Whether a file may be named: one of a visible namespace, or, as it may be about any, if
  /// everything() is visible.
  bool has_file(source_id const& id) const;
  /// Whether the peer may see what may name any namespace: it may administer, or no entry hides
  /// anything from it.
  bool everything() const;
  /// Whether the peer may read every namespace: part_of() leaves out nothing of what was committed.
  bool all_values() const;

  /// The name, or in place of a hidden one that of a namespace that does not exist: what is asked
  /// with it is answered as if the hidden one did not exist, in about the same time.
  std::string or_absent(std::string const& name_space) const;

  /// The same for a key and for a path.
  key in_visible(key const& which) const;
  value_path in_visible(value_path const& which) const;

  /// The part of a change that is visible: the change itself, a copy with fewer keys, or null.
  std::shared_ptr<change const> part_of(std::shared_ptr<change const> const& whole) const;
  /// Issues without those that are about hidden namespaces: of these only the severity stays.
  std::vector<issue> part_of(std::vector<issue> all) const;
  /// The pending changes with a visible key, with such keys only.
  std::vector<engine::pending_change> part_of(std::vector<engine::pending_change> all) const;
  /// What a request has changed, as the reply to it shows it.
  engine::committed_change part_of(engine::committed_change done) const;
  engine::hidden_values part_of(engine::hidden_values all) const;
  /// An error with such issues only.
  error part_of(error why) const;

 private:
  access_policy const* policy_;
  ipc::peer who_;
};

/// not_found of the name that was asked for, where or_absent() has replaced it.
error naming(error why, std::string const& name_space);

} // namespace cfgd
