#include "daemon/access.hpp"

#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <array>

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

/// "write to 'site'": what is denied.
std::string describe(right what, std::string_view name_space) {
  bool const is_write = what == right::write;
  std::string text = what == right::admin    ? "administration"
                     : what == right::secret ? "secrets"
                                             : std::string(to_string(what));
  if (!name_space.empty()) text.append(is_write ? " to '" : " of '").append(name_space) += '\'';
  return text;
}

} // namespace

std::string_view to_string(right what) {
  constexpr std::array<std::string_view, 7> names{
      "call a method without a right", "call", "read", "write", "rollback", "secret", "administer"};
  return names.at(static_cast<std::size_t>(what));
}

access_policy::access_policy(std::string const& admin_group)
    : group_name_(admin_group), group_(find_group(admin_group)), own_uid_(::geteuid()) {}

bool access_policy::allows(ipc::peer const& who, right what, std::string_view) const {
  switch (what) {
  case right::none:
  case right::read:
    return true;
  case right::write:
  case right::rollback:
  case right::secret:
  case right::admin: {
    bool const is_nobody = who.uid == overflow_uid || who.uid == static_cast<uid_t>(-1);
    bool const is_owner = who.uid == 0 || who.uid == own_uid_;
    bool const is_member =
        group_ && std::find(who.groups.begin(), who.groups.end(), *group_) != who.groups.end();
    return !is_nobody && (is_owner || is_member);
  }
  case right::unspecified:
    break;
  }
  return false;
}

error access_policy::denial(ipc::peer const& who, right what, std::string_view name_space) const {
  return {.code = errc::denied,
          .message = "denied " + describe(what, name_space) + " by uid " + std::to_string(who.uid) +
                     ": needs root" + (own_uid_ == 0 ? "" : ", uid " + std::to_string(own_uid_)) +
                     (group_name_.empty() ? "" : " or group '" + group_name_ + "'"),
          .subject = std::string(name_space)};
}

} // namespace cfgd
