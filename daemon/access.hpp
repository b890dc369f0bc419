#pragma once

#include "core/error.hpp"
#include "ipc/peer.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cfgd {

/// What a peer may ask for.
enum class operation : std::uint8_t { read, watch, write, rollback, secret, administer };
std::string_view to_string(operation what);

/// Decides who may do what. Without access files: everyone may read and watch; the rest is for
/// root, for the user that the daemon runs as, and for the members of one group.
class access_policy {
 public:
  /// `admin_group` is looked up once, here (NSS may block); a group that is not there has no
  /// members.
  explicit access_policy(std::string const& admin_group);

  /// The one place where a right is decided. `name_space` is empty for the service itself.
  /// Errors: denied; the message names the operation and the right that is missing.
  [[nodiscard]] result<void> authorize(ipc::peer const& who, operation what,
                                       std::string_view name_space) const;

  /// In which namespaces a peer may see secrets. Must not outlive this.
  std::function<bool(std::string_view name_space)> secrets_for(ipc::peer who) const;

 private:
  std::string group_name_;
  std::optional<gid_t> group_;
  uid_t own_uid_;
};

} // namespace cfgd
