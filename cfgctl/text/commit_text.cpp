/// The result of a change.
///
/// The reply names the keys whose effective value changed. These may be fewer than were set,
/// because the value was the same, and others, because members of an object changed. Values are
/// printed for keys of the request; the value after an unset is not in the reply.

#include "cfgctl/text/commit_text.hpp"

#include "cfgctl/session.hpp"
#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/text/overrides_text.hpp"
#include "cfgctl/text/values.hpp"
#include "core/key.hpp"

#include <algorithm>
#include <functional>
#include <map>

namespace cfgd::cfgctl {
namespace {

/// Values of files that are named after a change of single keys.
constexpr std::size_t most_hidden = 5;

std::string key_line(screen const& where, change_facts const& what, std::string const& key) {
  boost::json::value const* const value = what.values.if_contains(key);
  if (value != nullptr) return value_line(where, key, *value);
  return paint(where, tint::name, for_screen(where, key)) + " changed\n";
}

std::string counted(std::size_t number, char const* what) {
  return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

/// A line for each key, or for a namespace that is gone.
std::string changed_lines(screen const& where, change_facts const& what,
                          client::commit const& done) {
  std::string out;
  std::map<std::string, std::size_t, std::less<>> gone;
  std::size_t others = 0;
  for (std::string const& key : done.changed) {
    std::string const name(namespace_of(key));
    if (std::ranges::find(what.gone, name) != what.gone.end())
      ++gone[name];
    else if (++others <= what.most_keys)
      out += key_line(where, what, key);
  }
  if (others > what.most_keys) out += "and " + counted(others - what.most_keys, "more key") + '\n';
  for (auto const& [name, count] : gone)
    out += paint(where, tint::name, for_screen(where, name)) + " removed, " +
           counted(count, "value") + '\n';
  return out;
}

/// What the change hides: each value after a change of single keys, else their number.
std::string hidden_lines(screen const& where, change_facts const& what,
                         client::commit const& done) {
  auto const count = static_cast<std::size_t>(done.hidden.value_or(0));
  if (count == 0) return {};
  if (!what.values.empty()) return hides_text(where, done.hides, count, most_hidden);
  bool const is_trial = what.mode == client::commit_mode::check;
  return counted(count, "value") + " of files " + (is_trial ? "would be hidden" : "hidden now") +
         ": cfgctl overrides\n";
}

} // namespace

std::string commit_text(screen const& where, change_facts const& what, client::commit const& done) {
  std::string out = changed_lines(where, what, done);
  out += hidden_lines(where, what, done);
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
