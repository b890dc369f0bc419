/// set, unset: one transaction each.
///
/// The reply names the keys whose effective value changed, which may be fewer than were set (the
/// value was the same) and others (members of an object). Values are printed for those that stand
/// in the command; what shows after an unset is not known here.

#include "client/cfgctl/assignment.hpp"
#include "client/cfgctl/output.hpp"
#include "client/cfgctl/session.hpp"
#include "client/cfgctl/values.hpp"

#include <boost/json/array.hpp>

#include <utility>

namespace cfgd::cfgctl {
namespace {

/// What the command line asks for; the error is one of the command line's.
result<client::transaction> transaction_of(change_command const& what) {
  client::transaction out;
  for (std::string const& text : what.assignments) {
    auto one = parse_assignment(text);
    if (!one) return one.error();
    if (!one->remark.empty()) {
      complain(printable("cfgctl: warning: " + one->key + ": " + one->remark + '\n'));
    }
    if (!out.values.emplace(one->key, std::move(one->value)).second) {
      error twice;
      twice.code = errc::bad_key;
      twice.subject = one->key;
      twice.message = "the key is set twice";
      return twice;
    }
  }
  out.unset = what.unset;
  out.comment = what.comment;
  out.if_revision = what.if_revision;
  out.mode = what.dry_run ? client::commit_mode::check : client::commit_mode::apply;
  return out;
}

std::string name_of(client::transaction const& what) {
  std::string const verb = what.values.empty() ? "unset " : "set ";
  auto const count = what.values.size() + what.unset.size();
  std::string out =
      verb + (what.values.empty() ? what.unset.front() : std::string(what.values.begin()->key()));
  if (count > 1) out += " and " + std::to_string(count - 1) + " more";
  return out;
}

std::string commit_text(screen const& where, client::transaction const& what,
                        client::commit const& done) {
  std::string out;
  for (std::string const& key : done.changed) {
    boost::json::value const* const value = what.values.if_contains(key);
    if (value != nullptr) {
      out += value_line(where, key, *value);
    } else {
      out += paint(where, tint::name, where.terminal ? printable(key) : key) + " changed\n";
    }
  }
  std::string tail = done.changed.empty() ? "no effective value changed, revision " : "revision ";
  tail += std::to_string(done.revision);
  if (what.mode == client::commit_mode::check) tail = "dry run, nothing was written";
  return out + paint(where, tint::faint, tail) + '\n';
}

boost::json::object issue_json(client::issue const& one) {
  boost::json::object out;
  out["severity"] = one.severity;
  out["rule"] = one.rule;
  if (one.key) out["key"] = *one.key;
  if (one.pointer) out["pointer"] = *one.pointer;
  out["message"] = one.message;
  return out;
}

boost::json::object commit_json(client::commit const& done) {
  boost::json::object out;
  out["revision"] = static_cast<std::int64_t>(done.revision);
  out["changed"] = boost::json::array(done.changed.begin(), done.changed.end());
  boost::json::array warnings;
  for (client::issue const& one : done.warnings)
    warnings.push_back(issue_json(one));
  out["warnings"] = std::move(warnings);
  return out;
}

std::string warning_text(client::issue const& one) {
  std::string out = "cfgctl: " + one.severity + ": ";
  if (one.key) out += *one.key + ": ";
  out += one.message;
  if (!one.rule.empty()) out += " (" + one.rule + ')';
  return printable(out) + '\n';
}

} // namespace

exit_code run(context const& all, change_command const& what) {
  auto const wanted = transaction_of(what);
  if (!wanted) {
    complain(printable("cfgctl: " + to_string(wanted.error()) + '\n'));
    return exit_code::usage;
  }

  std::string const doing = name_of(*wanted);
  auto service = connect(all);
  if (!service) return report(doing, service.error());
  auto const done = service->set(*wanted);
  if (!done) return report(doing, done.error());
  for (client::issue const& one : done->warnings)
    complain(warning_text(one));
  bool const as_json = all.asked.format == output_format::json;
  print(as_json ? json_text(all.where, commit_json(*done))
                : commit_text(all.where, *wanted, *done));
  return exit_code::ok;
}

} // namespace cfgd::cfgctl
