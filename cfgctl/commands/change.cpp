/// set, unset: one transaction each.

#include "cfgctl/commands/assignment.hpp"
#include "cfgctl/text/commit_text.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/session.hpp"

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
      complain(printable("warning: " + one->key + ": " + one->remark + '\n'));
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
  out.comment = what.how.comment;
  out.if_revision = what.how.if_revision;
  out.mode = what.how.dry_run ? client::commit_mode::check : client::commit_mode::apply;
  out.confirm = what.how.confirm;
  out.expire = what.expire;
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
  tell_commit(
      all,
      {.values = wanted->values, .mode = wanted->mode, .unconfirmed = wanted->confirm.has_value()},
      *done);
  return exit_code::ok;
}

} // namespace cfgd::cfgctl
