#include "cfgctl/offline/core_issue.hpp"

// As in the service's replies, empty texts and unknown places are absent.

namespace cfgd::cfgctl::offline {

client::issue client_issue(issue const& what) {
  client::issue out;
  out.severity = to_string(what.how);
  out.rule = what.rule;
  out.message = what.message;
  if (!what.key.empty()) out.key = what.key;
  if (!what.pointer.empty()) out.pointer = what.pointer;
  if (!what.path.empty()) out.path = what.path;
  if (what.where.line != 0) out.line = what.where.line;
  if (what.where.column != 0) out.column = what.where.column;
  return out;
}

} // namespace cfgd::cfgctl::offline
