/// The names of users, from the machine's user database, which may be slow (a directory server):
/// each is looked up once.

#include "cfgctl/text/users.hpp"

#include <pwd.h>

#include <map>

namespace cfgd::cfgctl {
namespace {

std::string const& name_of(std::int64_t uid) {
  static std::map<std::int64_t, std::string> known;
  auto const [at, added] = known.try_emplace(uid);
  if (added) {
    auto const* const found = ::getpwuid(static_cast<uid_t>(uid)); // NOLINT(concurrency-mt-unsafe)
    if (found != nullptr) at->second = found->pw_name;
  }
  return at->second;
}

} // namespace

std::string user_text(std::int64_t uid, std::string_view more) {
  std::string inside = name_of(uid);
  if (!more.empty()) inside.append(inside.empty() ? "" : ", ").append(more);
  std::string out = "uid " + std::to_string(uid);
  return inside.empty() ? out : out + " (" + inside + ')';
}

} // namespace cfgd::cfgctl
