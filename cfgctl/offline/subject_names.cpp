#include "cfgctl/offline/subject_names.hpp"

#include <grp.h>
#include <pwd.h>

#include <map>

// A file with a name that is not known is valid: it may be meant for another machine; but a
// typing error looks the same, and an entry that fits nobody refuses nothing.

namespace cfgd::cfgctl::offline {
namespace {

/// Each name is looked up once.
class name_database {
 public:
  bool knows(engine::subject const& whom) {
    auto const [at, is_new] = known_.try_emplace(to_string(whom));
    if (is_new) at->second = ask(whom);
    return at->second;
  }

 private:
  static bool ask(engine::subject const& whom) {
    using enum engine::subject::kind;
    if (number_of(whom)) return true;
    auto const* const name = whom.name.c_str();
    if (whom.what == user) return ::getpwnam(name) != nullptr;  // NOLINT(concurrency-mt-unsafe)
    if (whom.what == group) return ::getgrnam(name) != nullptr; // NOLINT(concurrency-mt-unsafe)
    return true;
  }

  std::map<std::string, bool> known_;
};

} // namespace

std::vector<issue> unknown_names(engine::access_file const& file) {
  name_database names;
  std::vector<issue> found;
  for (auto const& entry : file.entries)
    for (auto const& whom : entry.subjects) {
      if (names.knows(whom)) continue;
      found.push_back({.how = severity::warning,
                       .rule = "access",
                       .message = "this machine does not know '" + to_string(whom) +
                                  "': the entry does not fit it",
                       .path = entry.path,
                       .where = {.line = static_cast<std::uint32_t>(entry.line), .column = 1}});
    }
  return found;
}

} // namespace cfgd::cfgctl::offline
