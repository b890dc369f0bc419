/// check: what schemas and rules say of files, without a daemon.
///
/// Findings go to standard output as compilers write theirs, so that editors jump to them and build
/// servers show them; what could not be read, and the summary, go to standard error.

#include "cfgctl/commands/commands.hpp"
#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/offline/check.hpp"
#include "cfgctl/offline/core_issue.hpp"
#include "cfgctl/offline/progress.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/text/values.hpp"

#include <boost/json/array.hpp>

namespace cfgd::cfgctl {
namespace {

std::string counted(std::size_t count, std::string const& what) {
  return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

offline::source_tree tree_of(check_command const& what) {
  auto tree = what.root.empty() ? offline::system_tree() : offline::tree_of_root(what.root);
  // Who names one directory alone means that one alone.
  if (!what.vendor.empty() || !what.etc.empty()) tree = {.vendor = what.vendor, .etc = what.etc};
  return tree;
}

} // namespace

exit_code run(context const& all, check_command const& what) {
  offline::check_question const asked{.where = tree_of(what), .named = what.files};
  auto const found = [&asked] {
    offline::progress bar("checking");
    return check(asked, [&bar](std::size_t done, std::size_t total) { bar.show(done, total); });
  }();
  if (!found) {
    complain(printable("cfgctl: " + to_string(found.error()) + '\n'));
    return exit_code::usage;
  }
  std::string text;
  boost::json::array list;
  for (issue const& one : found->findings) {
    auto const told = offline::client_issue(one);
    text += for_screen(all.where, issue_text(told)) + '\n';
    list.push_back(issue_json(told));
  }
  print(all.asked.format == output_format::json ? json_text(all.where, list) : text);

  std::string summary;
  for (error const& one : found->unreadable)
    summary += "cfgctl: " + to_string(one) + '\n';
  auto const errors = found->count(severity::error);
  auto const warnings = found->count(severity::warning);
  summary += "checked " + counted(found->files, "file") + ": " + counted(errors, "error") + ", " +
             counted(warnings, "warning") + '\n';
  complain(printable(summary));
  if (!found->unreadable.empty()) return exit_code::usage;
  bool const good = errors == 0 && (warnings == 0 || !what.strict);
  return good ? exit_code::ok : exit_code::refused;
}

} // namespace cfgd::cfgctl
