/// Issues in the form of compiler messages, the place first, so that editors find it.

#include "cfgctl/text/issue_text.hpp"

#include "cfgctl/output.hpp"
#include "cfgctl/text/screen.hpp"

#include <boost/json/value.hpp>

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

boost::json::object issue_json(client::issue const& one) {
  boost::json::object out;
  out["severity"] = one.severity;
  out["rule"] = one.rule;
  if (one.key) out["key"] = *one.key;
  if (one.pointer) out["pointer"] = *one.pointer;
  out["message"] = one.message;
  if (one.path) out["path"] = *one.path;
  if (one.line) out["line"] = *one.line;
  if (one.column) out["column"] = *one.column;
  return out;
}

boost::json::array issues_json(std::vector<client::issue> const& what) {
  boost::json::array out;
  for (client::issue const& one : what)
    out.push_back(issue_json(one));
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
