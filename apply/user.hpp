#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

/// Another user, as whom files of a target are written and its programs run.
namespace cfgd::apply {

struct user {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

/// Looks a user up, which may block. Absent: there is none of this name.
std::optional<user> find_user(std::string const& name);

/// While it lives, root acts as the user, with its groups: the kernel refuses what the user may not
/// do, whatever links the user makes in its directories meanwhile. Does nothing for no user, and if
/// this is not root. Changes the whole process: for programs with one thread. Throws
/// std::system_error; aborts if it cannot change back.
class acting_as {
 public:
  explicit acting_as(std::optional<user> const& who);
  ~acting_as();
  acting_as(acting_as const&) = delete;
  acting_as& operator=(acting_as const&) = delete;

 private:
  void change_back() const;

  bool acts_ = false;
  gid_t group_before_ = 0;
  std::vector<gid_t> groups_before_;
};

} // namespace cfgd::apply
