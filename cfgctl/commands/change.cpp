/// set, unset: one transaction each. Also what all commands that change values have in common.

#include "cfgctl/commands/assignment.hpp"
#include "cfgctl/commands/change_options.hpp"
#include "cfgctl/commands/declare.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/commit_text.hpp"

#include <algorithm>
#include <utility>

namespace cfgd::cfgctl {
namespace {

/// set and unset.
struct options {
  std::vector<std::string> assignments; ///< KEY=VALUE, not parsed yet
  std::vector<std::string> unset;
  bool as_string = false; ///< --string
  bool every = false;     ///< all overrides at and below `unset`, or all there are
  change_options how;
  std::optional<std::chrono::seconds> expire;
};

/// `printed`: the global option --json also says that values are JSON. Errors are errors of the
/// command line.
result<client::transaction> parse_transaction(options const& what, output_format printed) {
  client::transaction out = transaction_of(what.how);
  auto const syntax = what.as_string                   ? value_syntax::string
                      : printed == output_format::json ? value_syntax::json
                                                       : value_syntax::text;
  if (syntax == value_syntax::text && !what.assignments.empty())
    out.spelling = client::value_spelling::text;
  for (std::string const& text : what.assignments) {
    auto one = parse_assignment(text, syntax);
    if (!one) return one.error();
    if (!one->remark.empty()) warn(one->key + ": " + one->remark);
    if (!out.values.emplace(one->key, std::move(one->value)).second) {
      return error{.code = errc::bad_key, .message = "the key is set twice", .subject = one->key};
    }
  }
  out.unset = what.unset;
  out.expire = what.expire;
  return out;
}

/// "set site.title and 2 more"
std::string name_of(client::transaction const& what) {
  bool const unset = what.values.empty();
  auto const count = what.values.size() + what.unset.size();
  std::string out =
      unset ? "unset " + what.unset.front() : "set " + std::string(what.values.begin()->key());
  if (count > 1) out += " and " + std::to_string(count - 1) + " more";
  return out;
}

/// The keys that are set in the override layer at and below prefixes; all without a prefix.
client::result<std::vector<std::string>> list_keys(client::connection& service,
                                                   std::vector<std::string> const& prefixes) {
  std::vector<std::string> keys;
  for (auto const& prefix : prefixes.empty() ? std::vector<std::string>(1) : prefixes) {
    auto const rows = service.list_overrides(prefix);
    if (!rows) return rows.error();
    for (auto const& one : *rows)
      if (std::ranges::find(keys, one.key) == keys.end()) keys.push_back(one.key);
  }
  return keys;
}

exit_code unset_all(context const& all, options const& what) {
  auto keys = call(all, list_keys, what.unset);
  if (!keys) return report("unset --all", keys.error());
  if (keys->empty()) return complain_line("unset --all: there are no overrides");
  client::transaction change = transaction_of(what.how);
  change.unset = *std::move(keys);
  change.expire = what.expire;
  return make_change(all, name_of(change), change);
}

exit_code run(context const& all, options const& what) {
  if (what.every) return unset_all(all, what);
  auto const wanted = parse_transaction(what, all.format);
  if (!wanted) return complain_line(to_string(wanted.error()), exit_code::usage);
  return make_change(all, name_of(*wanted), *wanted);
}

} // namespace

void add_change_options(CLI::App* to, change_options& into) {
  add_comment(to, into.comment);
  add_option(to, "--if-revision", into.if_revision, "N", "Only if the service is at this revision");
  to->add_flag("--dry-run", into.dry_run, "Check everything, change nothing");
  add_duration(to, "--confirm", into.confirm, "Undo it after this time, unless confirmed");
}

client::transaction transaction_of(change_options const& how) {
  return {.if_revision = how.if_revision,
          .mode = how.mode(),
          .comment = how.comment,
          .confirm = how.confirm};
}

exit_code make_change(context const& all, std::string const& what,
                      client::transaction const& change) {
  auto const done = call(all, &client::connection::set, change);
  if (!done) return report(what, done.error());
  return show_commit(
      all,
      {.values = change.values, .mode = change.mode, .unconfirmed = change.confirm.has_value()},
      *done);
}

void add_change_commands(declarations const& to) {
  auto const set = declare(to, "set", "Change keys, all of them or none", run);
  add_argument(set.app, "KEY=VALUE", set.options.assignments, "What to set")->required();
  set->add_flag("--string", set.options.as_string, "The values are strings as they are");
  auto const unset = declare(to, "unset", "Remove keys from the override layer", run);
  auto* const keys = add_argument(unset.app, "KEY", unset.options.unset, "Keys");
  unset->add_flag("--all", unset.options.every,
                  "All overrides at and below the keys; without a key, all there are");
  unset->parse_complete_callback([keys, &every = unset.options.every] {
    if (keys->empty() && !every) throw CLI::RequiredError("KEY");
  });
  for (auto const& one : {set, unset}) {
    add_change_options(one.app, one.options.how);
    add_duration(one.app, "--for", one.options.expire, "Undo it after this time")
        ->excludes("--confirm");
  }
}

} // namespace cfgd::cfgctl
