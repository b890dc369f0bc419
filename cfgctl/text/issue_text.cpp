/// Issues in the form of compiler messages, the place first, so that editors find it.

#include "cfgctl/text/issue_text.hpp"

#include "cfgctl/output.hpp"
#include "cfgctl/text/screen.hpp"

#include <algorithm>

namespace cfgd::cfgctl {

std::string place_text(std::string const& path, std::optional<std::int64_t> const& line,
                       std::optional<std::int64_t> const& column) {
  std::string out = path;
  if (line) out += ':' + std::to_string(*line);
  if (line && column) out += ':' + std::to_string(*column);
  return out;
}

std::string issue_text(client::issue const& one) {
  std::string out;
  if (one.path) out = place_text(*one.path, one.line, one.column) + ": ";
  out += one.severity + ": ";
  if (one.key && !one.key->empty()) {
    out += *one.key + ": ";
  } else if (one.pointer && !one.pointer->empty()) {
    out += "at " + *one.pointer + ": ";
  }
  out += one.message;
  if (!one.rule.empty()) out += " [" + one.rule + ']';
  return out;
}

client::issue client_issue(issue const& what) {
  client::issue out;
  out.severity = to_string(what.how);
  out.rule = what.rule;
  out.message = what.message;
  // As in the service's replies, empty texts and unknown places are absent.
  if (!what.key.empty()) out.key = what.key;
  if (!what.pointer.empty()) out.pointer = what.pointer;
  if (!what.path.empty()) out.path = what.path;
  if (what.where.line != 0) out.line = what.where.line;
  if (what.where.column != 0) out.column = what.where.column;
  return out;
}

void complain_issues(std::vector<client::issue> const& what) {
  std::string out;
  for (client::issue const& one : what)
    out += printable(issue_text(one)) + '\n';
  complain(out);
}

bool has_error(std::vector<client::issue> const& what) {
  return std::ranges::any_of(what,
                             [](client::issue const& one) { return one.severity == "error"; });
}

} // namespace cfgd::cfgctl
