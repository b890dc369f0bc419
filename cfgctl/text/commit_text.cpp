/// The result of a change.
///
/// The reply names the keys whose effective value changed. These may be fewer than were set,
/// because the value was the same, and others, because members of an object changed. Values are
/// printed for keys of the request; the value after an unset is not in the reply.

#include "cfgctl/text/commit_text.hpp"

#include "cfgctl/session.hpp"
#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/text/values.hpp"

namespace cfgd::cfgctl {

std::string commit_text(screen const& where, change_facts const& what, client::commit const& done) {
  std::string out;
  for (std::string const& key : done.changed) {
    boost::json::value const* const value = what.values.if_contains(key);
    if (value != nullptr) {
      out += value_line(where, key, *value);
    } else {
      out += paint(where, tint::name, for_screen(where, key)) + " changed\n";
    }
  }
  std::string const revision = std::to_string(done.revision);
  std::string tail =
      (done.changed.empty() ? "no effective value changed, revision " : "revision ") + revision;
  if (what.mode == client::commit_mode::check) tail = "dry run, nothing was written";
  out += paint(where, tint::faint, tail) + '\n';
  if (done.deadline && what.mode == client::commit_mode::apply) {
    std::string const until = for_screen(where, *done.deadline);
    out += what.unconfirmed ? "confirm with: cfgctl confirm " + revision + ", until " + until + '\n'
                            : "expires at " + until + '\n';
  }
  return out;
}

exit_code show_commit(context const& all, change_facts const& what, client::commit const& done) {
  complain_issues(done.warnings);
  show(all, json_of(done), commit_text(all.where, what, done));
  return exit_code::ok;
}

} // namespace cfgd::cfgctl
