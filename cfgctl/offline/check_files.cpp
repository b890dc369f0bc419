/// check: validates files against schemas and rules, without a daemon.
///
/// Issues are printed on standard output in the form of compiler messages, so that editors jump to
/// them and build servers show them. Unreadable files and the summary go to standard error.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/offline/check.hpp"
#include "cfgctl/offline/progress.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/text/near.hpp"
#include "cfgctl/text/values.hpp"

#include <boost/json/array.hpp>

namespace cfgd::cfgctl {
namespace {

struct options {
  std::string root;
  std::string vendor; ///< these two instead of root, or one of them
  std::string etc;
  bool strict = false;            ///< warnings count as errors
  std::vector<std::string> files; ///< empty: all of the tree
};

offline::source_tree tree_of(context const& all, options const& what) {
  std::string const& root = what.root.empty() ? all.root : what.root;
  auto tree = root.empty() ? offline::system_tree() : offline::tree_of_root(root);
  // If only one directory is named, the other one is not used.
  if (!what.vendor.empty() || !what.etc.empty()) tree = {.vendor = what.vendor, .etc = what.etc};
  return tree;
}

exit_code run(context const& all, options const& what) {
  offline::check_question const asked{.where = tree_of(all, what), .named = what.files};
  auto const found =
      offline::with_progress("checking", [&](auto const& moved) { return check(asked, moved); });
  if (!found) return fail(all, to_string(found.error()), exit_code::usage);
  std::string text;
  boost::json::array list;
  for (issue const& one : found->findings) {
    auto const same = client_issue(one);
    text += for_screen(all.where, issue_text(same)) + '\n';
    list.push_back(json_of(same));
  }
  std::string summary;
  for (error const& one : found->unreadable) {
    summary += "cfgctl: " + to_string(one) + '\n';
    issue const same{.how = severity::error,
                     .rule = to_string(one.code),
                     .message = one.message,
                     .path = one.subject};
    list.push_back(json_of(client_issue(same)));
  }
  show(all, list, text);
  auto const errors = found->count(severity::error);
  auto const warnings = found->count(severity::warning);
  summary += "checked " + counted(found->files, "file") + ": " + counted(errors, "error") + ", " +
             counted(warnings, "warning") + '\n';
  complain(printable(summary));
  if (!found->unreadable.empty()) return exit_code::usage;
  bool const good = errors == 0 && (warnings == 0 || !what.strict);
  return good ? exit_code::ok : exit_code::refused;
}

} // namespace

void add_check_command(declarations const& to) {
  auto const checking = declare(to, "check", "Check files against schemas and rules, offline", run);
  auto& into = checking.options;
  add_argument(checking.app, "FILE", into.files, "Files, or directories with a tree; without, all");
  auto* const root = add_root(checking.app, into.root);
  auto* const vendor =
      add_option(checking.app, "--vendor", into.vendor, "DIR", "Instead of /usr/lib/cfgd");
  auto* const etc = add_option(checking.app, "--etc", into.etc, "DIR", "Instead of /etc/cfgd");
  root->excludes(vendor)->excludes(etc);
  checking->add_flag("--strict", into.strict, "Warnings are errors");
}

} // namespace cfgd::cfgctl
