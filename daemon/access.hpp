#pragma once

#include "core/error.hpp"
#include "ipc/peer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cfgd {

/// What a call needs, or a peer has. `unspecified` is a right that was forgotten: nobody has it.
enum class right : std::uint8_t {
  unspecified,
  none, ///< nothing is needed
  read,
  write,
  rollback,
  secret, ///< to see values that a schema marks as secret
  admin,
};
std::string_view to_string(right what);

/// Decides who may do what. Everyone may read; the rest is for root, for the
/// user that the daemon runs as, and for the members of one group. Immutable; any thread.
class access_policy {
 public:
  /// `admin_group` is looked up once, here (NSS may block); a group that does not exist has no
  /// members.
  explicit access_policy(std::string const& admin_group);

  /// The one place where a right is decided. `name_space` is empty for the service as a whole.
  [[nodiscard]] bool allows(ipc::peer const& who, right what, std::string_view name_space) const;

  /// Whether a peer may use the socket of administrators.
  [[nodiscard]] bool is_administrator(ipc::peer const& who) const {
    return allows(who, right::admin, {});
  }
  /// The group of administrators, if there is one.
  std::optional<gid_t> group() const { return group_; }

  /// The error for a peer that does not have a right: denied; the message names the peer, the
  /// operation and who may do it, the subject is `name_space`.
  error denial(ipc::peer const& who, right what, std::string_view name_space) const;

 private:
  std::string group_name_;
  std::optional<gid_t> group_;
  uid_t own_uid_;
};

/// In which namespaces a peer may see secrets, as a property to keep: holds a copy of the peer.
/// Must not outlive the policy.
class secret_visibility {
 public:
  secret_visibility(access_policy const& policy, ipc::peer who)
      : policy_(&policy), who_(std::move(who)) {}

  bool operator()(std::string_view name_space) const {
    return policy_->allows(who_, right::secret, name_space);
  }
  ipc::peer const& peer() const { return who_; }
  /// Why the peer may not see the secrets of a namespace.
  error denial(std::string_view name_space) const {
    return policy_->denial(who_, right::secret, name_space);
  }

 private:
  access_policy const* policy_;
  ipc::peer who_;
};

/// Who made a call, and what the caller may see and do: the dispatcher hands it to handlers, which
/// know of no policy. Valid as long as the policy and the peer, i.e. during the handler.
class caller {
 public:
  caller(access_policy const& policy, ipc::peer const& who) : policy_(&policy), who_(&who) {}

  ipc::peer const& peer() const { return *who_; }
  bool is_administrator() const { return policy_->is_administrator(*who_); }
  bool may_write(std::string_view name_space) const {
    return policy_->allows(*who_, right::write, name_space);
  }
  bool may_see_secrets(std::string_view name_space) const {
    return policy_->allows(*who_, right::secret, name_space);
  }
  /// The same, to keep for later.
  secret_visibility visible_secrets() const { return {*policy_, *who_}; }

 private:
  access_policy const* policy_;
  ipc::peer const* who_;
};

} // namespace cfgd
