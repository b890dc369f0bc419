#include "apply/user.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace cfgd::apply {

std::optional<user> find_user(std::string const& name) {
  passwd const* const found = ::getpwnam(name.c_str());
  if (found == nullptr) return std::nullopt;
  return user{.name = name, .uid = found->pw_uid, .gid = found->pw_gid};
}

acting_as::acting_as(std::optional<user> const& who) {
  if (!who || who->uid == 0 || ::geteuid() != 0) return;
  group_before_ = ::getegid();
  groups_before_.resize(static_cast<std::size_t>(::getgroups(0, nullptr)));
  auto const count = ::getgroups(static_cast<int>(groups_before_.size()), groups_before_.data());
  if (count < 0) throw std::system_error(errno, std::generic_category(), "getgroups");
  groups_before_.resize(static_cast<std::size_t>(count));
  acts_ = true;
  if (::initgroups(who->name.c_str(), who->gid) == 0 && ::setegid(who->gid) == 0 &&
      ::seteuid(who->uid) == 0)
    return;
  int const failed = errno;
  change_back();
  throw std::system_error(failed, std::generic_category(), "cannot act as '" + who->name + "'");
}

acting_as::~acting_as() {
  if (acts_) change_back();
}

void acting_as::change_back() const {
  // Continuing as another user than the caller expects would be worse than to abort.
  if (::seteuid(0) != 0 || ::setegid(group_before_) != 0 ||
      ::setgroups(groups_before_.size(), groups_before_.data()) != 0)
    std::abort();
}

} // namespace cfgd::apply
