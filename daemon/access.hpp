#pragma once

#include "core/error.hpp"
#include "core/key.hpp"
#include "daemon/visible.hpp"
#include "engine/access/entries.hpp"
#include "engine/records.hpp"
#include "ipc/peer.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

/// Names of subjects that were looked up.
struct known_names {
  engine::resolved_names numbers = {};
  std::set<std::string> missing = {}; ///< "user:anna": there is no such user

  /// Whether an entry for this subject can be decided: it has no name, or its name is known.
  bool has(engine::subject const& whom) const;
};

/// What a right was decided by.
struct access_decision {
  enum class reason : std::uint8_t {
    owner,      ///< root, or the daemon's user
    entry,      ///< `entry` says so
    broken,     ///< a file that has never been valid could have refused it
    by_default, ///< no entry fits
  };
  bool allowed = false;
  reason why = reason::by_default;
  std::string entry = {}; ///< "/etc/cfgd/access/10-web.toml:12"
};
std::string_view to_string(access_decision::reason why);

/// Decides who may do what, by the entries of access files and, where none fits, by the defaults:
/// everybody may read; the rest is for root, for the user that the daemon runs as, and for the
/// members of one group. Root and the daemon's user are never refused. Any thread.
class access_policy {
 public:
  /// The unit of a peer, empty if it has none.
  using unit_finder = std::function<std::string(ipc::peer const&)>;

  /// `admin_group` is looked up once, here (NSS may block); a group that does not exist has no
  /// members. The unit of a peer is looked up once for each copy of it, when an entry needs it.
  explicit access_policy(std::string const& admin_group, unit_finder find_unit = {});

  access_policy(access_policy const&) = delete;
  access_policy& operator=(access_policy const&) = delete;

  /// Decides by these entries from now on. Entries with names that are not known allow nobody
  /// anything, and what they deny they deny to everybody.
  void use(std::shared_ptr<engine::access_rules const> rules, known_names names);

  /// Looks up the unit of a connection, if any entry needs it: once, before copies of the peer are
  /// made.
  void prepare(ipc::peer const& who) const;

  /// The one place where a right is decided. `name_space` is empty for the service as a whole, and
  /// for everything: then only entries for "*" can allow something, and any entry that denies the
  /// operation somewhere counts. Everybody may read everything: what is read has to be filtered.
  [[nodiscard]] bool allows(ipc::peer const& who, right what, std::string_view name_space) const;
  /// The same for a key and what lies below it.
  [[nodiscard]] bool allows(ipc::peer const& who, right what, key const& which) const;

  /// The same with the reason.
  access_decision decide(ipc::peer const& who, right what, std::string_view name_space) const;
  access_decision decide(ipc::peer const& who, right what, key const& which) const;

  /// Whether no entry denies the peer to read any namespace.
  [[nodiscard]] bool reads_all(ipc::peer const& who) const;

  /// Whether a peer may use the socket of administrators.
  [[nodiscard]] bool is_administrator(ipc::peer const& who) const {
    return allows(who, right::admin, {});
  }
  /// The group of administrators, if there is one.
  std::optional<gid_t> group() const;

  /// The error for a peer that does not have a right: denied; the message names the peer, the
  /// operation and what refuses it, the subject is `name_space`. For the log, not for the peer.
  error denial(ipc::peer const& who, right what, std::string_view name_space) const;

  /// What a request needs: a right on keys, on namespaces, or, if there are none, on everything.
  struct need {
    right what = right::unspecified;
    std::vector<std::string> names = {};
    std::vector<key> keys = {};
  };
  /// Errors: denied, as denial().
  [[nodiscard]] result<void> check(ipc::peer const& who, need const& needs) const;
  /// Decides again by the entries that the request meets when it is its turn. A copy of all that it
  /// needs, for the committer's thread.
  engine::permission permission(ipc::peer const& who, std::shared_ptr<need const> needs) const;
  engine::permission permission(ipc::peer const& who, need needs) const {
    return permission(who, std::make_shared<need const>(std::move(needs)));
  }

  /// What access files say, as use() got it; never null.
  std::shared_ptr<engine::access_rules const> rules() const;

 private:
  struct facts;
  struct state;
  std::shared_ptr<state const> current() const;

  std::shared_ptr<facts const> facts_;
  /// What the state says: most calls ask only this, and need not lock.
  std::atomic<bool> everybody_reads_{true};
  mutable std::mutex mutex_; ///< guards the pointer below
  std::shared_ptr<state const> state_;
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
  bool may_read(std::string_view name_space) const {
    return policy_->allows(*who_, right::read, name_space);
  }
  /// Whether no entry hides any namespace from the caller.
  bool reads_all() const { return policy_->reads_all(*who_); }
  bool is_administrator() const { return policy_->is_administrator(*who_); }
  bool may_write(std::string_view name_space) const {
    return policy_->allows(*who_, right::write, name_space);
  }
  bool may_write(key const& which) const { return policy_->allows(*who_, right::write, which); }
  bool may_see_secrets(std::string_view name_space) const {
    return policy_->allows(*who_, right::secret, name_space);
  }
  bool may_administer() const { return policy_->allows(*who_, right::admin, {}); }
  error denial(right what, std::string_view name_space) const {
    return policy_->denial(*who_, what, name_space);
  }
  /// The same, to keep for later.
  secret_visibility visible_secrets() const { return {*policy_, *who_}; }
  visible_namespaces visible() const { return {*policy_, *who_}; }
  /// For requests: see access_policy::permission.
  engine::permission permission(std::shared_ptr<access_policy::need const> needs) const {
    return policy_->permission(*who_, std::move(needs));
  }

 private:
  access_policy const* policy_;
  ipc::peer const* who_;
};

} // namespace cfgd
