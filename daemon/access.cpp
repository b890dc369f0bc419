#include "daemon/access.hpp"

#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

// Uid 65534 ("nobody") is what the kernel shows for users of another user namespace: it is never
// the owner of anything here, even where the daemon itself runs as it.

namespace cfgd {
namespace {

constexpr uid_t overflow_uid = 65534;

std::optional<gid_t> find_group(std::string const& name) {
  group const* const found = name.empty() ? nullptr : ::getgrnam(name.c_str());
  if (found == nullptr) return std::nullopt;
  return found->gr_gid;
}

/// What "may not" is followed by.
std::string describe(operation what, std::string_view name_space) {
  if (what == operation::secret) return "see secrets of '" + std::string(name_space) + "'";
  std::string text(to_string(what));
  if (!name_space.empty()) text.append(" '").append(name_space).append(1, '\'');
  return text;
}

} // namespace

std::string_view to_string(operation what) {
  switch (what) {
  case operation::read:
    return "read";
  case operation::watch:
    return "watch";
  case operation::write:
    return "write";
  case operation::rollback:
    return "rollback";
  case operation::secret:
    return "secret";
  case operation::administer:
    return "administer";
  }
  return "unknown";
}

access_policy::access_policy(std::string const& admin_group)
    : group_name_(admin_group), group_(find_group(admin_group)), own_uid_(::geteuid()) {}

result<void> access_policy::authorize(ipc::peer const& who, operation what,
                                      std::string_view name_space) const {
  if (what == operation::read || what == operation::watch) return {};
  bool const is_nobody = who.uid == overflow_uid || who.uid == static_cast<uid_t>(-1);
  bool const is_owner = who.uid == 0 || who.uid == own_uid_;
  bool const is_member =
      group_ && std::find(who.groups.begin(), who.groups.end(), *group_) != who.groups.end();
  if (!is_nobody && (is_owner || is_member)) return {};
  return error{.code = errc::denied,
               .message = "uid " + std::to_string(who.uid) + " may not " +
                          describe(what, name_space) + ": only root, uid " +
                          std::to_string(own_uid_) + " and group '" + group_name_ + "' may",
               .subject = std::string(name_space)};
}

std::function<bool(std::string_view)> access_policy::secrets_for(ipc::peer who) const {
  return [this, who = std::move(who)](std::string_view name_space) {
    return authorize(who, operation::secret, name_space).has_value();
  };
}

} // namespace cfgd
