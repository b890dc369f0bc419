/// set, unset: one transaction each. Also what all commands that change values have in common.

#include "cfgctl/commands/assignment.hpp"
#include "cfgctl/commands/assignment_words.hpp"
#include "cfgctl/commands/change_options.hpp"
#include "cfgctl/commands/declare.hpp"
#include "cfgctl/commands/suggest.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/commit_text.hpp"
#include "cfgctl/text/near.hpp"
#include "cfgctl/text/values.hpp"
#include "core/limits.hpp"
#include "core/value_path.hpp"

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
  bool prompt = false; ///< words without a value get one from the terminal
  bool strict = false; ///< what does not exist is an error
};

/// The transaction, and the values of it that may be printed.
struct wanted_change {
  client::transaction what;
  boost::json::object shown;
  std::vector<assignment> doubtful = {}; ///< remarked on unless the schema decides
};

result<void> add_value(wanted_change& to, std::string const& key, boost::json::value value) {
  auto const parts = split_dotted(key);
  if (parts && parts->size() == 1 && !value.is_object()) {
    return error{.code = errc::bad_key,
                 .message = '\'' + key + "' is a namespace; set " + key + ".KEY"};
  }
  if (!to.what.values.emplace(key, std::move(value)).second) {
    return error{.code = errc::bad_key, .message = "the key is set twice", .subject = key};
  }
  return {};
}

/// `printed`: the global option --json also says that values are JSON. Errors are errors of the
/// command line.
result<wanted_change> parse_change(options const& what, output_format printed) {
  wanted_change out{.what = transaction_of(what.how), .shown = {}};
  out.what.unset = what.unset;
  out.what.expire = what.expire;
  auto const syntax = what.as_string                   ? value_syntax::string
                      : printed == output_format::json ? value_syntax::json
                                                       : value_syntax::text;
  // What was typed unseen is a string, whatever the schema says.
  if (syntax == value_syntax::text && !what.assignments.empty() && !what.prompt)
    out.what.spelling = client::value_spelling::text;
  auto const words = what.prompt ? what.assignments : whole_assignments(what.assignments);
  if (!words) return words.error();
  for (std::string const& word : *words) {
    if (what.prompt && end_of_key(word) == word.npos) {
      auto const secret = read_secret(word);
      if (!secret) return secret.error();
      if (auto const added = add_value(out, word, boost::json::string(*secret)); !added)
        return added.error();
      continue;
    }
    auto one = parse_assignment(word, syntax);
    if (!one) return one.error();
    if (one->schema_may_decide)
      out.doubtful.push_back(*one);
    else if (!one->remark.empty())
      warn(one->key + ": " + one->remark);
    out.shown[one->key] = one->value;
    if (auto const added = add_value(out, one->key, std::move(one->value)); !added)
      return added.error();
  }
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
  auto service = connect(all);
  if (!service) return report(all, "unset --all", service.error());
  auto keys = list_keys(*service, what.unset);
  if (!keys) return report(all, "unset --all", keys.error());
  if (keys->empty()) {
    std::string const below = what.unset.empty() ? "there are no overrides"
                                                 : "no overrides at or below " + listed(what.unset);
    return fail(all, "unset --all: " + below);
  }
  client::transaction change = transaction_of(what.how);
  change.unset = *std::move(keys);
  change.expire = what.expire;
  auto const done = service->set(change);
  close(*service);
  if (!done) return report(all, name_of(change), done.error());
  return show_commit(all, what.how.facts({}), *done);
}

/// The first namespace of `values` that the service does not have; empty if there is none.
client::result<std::string> unknown_namespace(client::connection& service,
                                              boost::json::object const& values) {
  auto const state = service.status();
  if (!state) return state.error();
  for (auto const& member : values) {
    auto const which = parse_value_path(member.key());
    if (!which) continue;
    auto const& name = which->base.name_space();
    if (std::ranges::find(state->namespaces, name) == state->namespaces.end()) return name;
  }
  return std::string();
}

/// Remarks on the texts whose type no schema decides.
void remark_on_texts(client::connection& service, std::vector<assignment> const& doubtful) {
  for (auto const& one : doubtful) {
    auto const found = service.explain(one.key);
    auto const* const type = found && found->schema ? found->schema->if_contains("type") : nullptr;
    if (type == nullptr || !type->is_string()) warn(one.key + ": " + one.remark);
  }
}

exit_code set(context const& all, options const& what) {
  auto const wanted = parse_change(what, all.format);
  if (!wanted) return fail(all, to_string(wanted.error()), exit_code::usage);
  std::string const name = name_of(wanted->what);
  if (what.strict) {
    auto const unknown = call(all, unknown_namespace, wanted->what.values);
    if (!unknown) return report(all, name, unknown.error());
    if (!unknown->empty()) {
      return fail(all, name + ": there is no namespace '" + *unknown + '\'' +
                           namespace_hint(all, *unknown));
    }
  }
  auto service = connect(all);
  if (!service) return report(all, name, service.error());
  auto const done = service->set(wanted->what);
  remark_on_texts(*service, wanted->doubtful);
  close(*service);
  if (!done) return report(all, name, done.error());
  auto facts = what.how.facts(wanted->shown);
  facts.all_values = &wanted->what.values;
  return show_commit(all, facts, *done);
}

/// Keys that no override sets, and whether the caller may change them.
struct idle_keys {
  std::vector<std::string> keys = {};
  bool writable = true;
};

client::result<idle_keys> without_override(client::connection& service,
                                           std::vector<std::string> const& keys) {
  idle_keys out;
  for (std::string const& key : keys) {
    if (has_index(key)) continue; // the whole array is set without the element
    auto const found = service.explain(key);
    bool const is_unknown = !found && found.error().name.ends_with(".NoSuchNamespace");
    if (!found && !is_unknown) return found.error();
    bool const is_set = found && std::ranges::any_of(found->candidates, [](auto const& one) {
                          return one.from.layer == "override";
                        });
    if (!is_set) out.keys.push_back(key);
    if (found && !found->writable) out.writable = false;
  }
  return out;
}

exit_code unset(context const& all, options const& what) {
  if (what.every) return unset_all(all, what);
  auto const wanted = parse_change(what, all.format);
  if (!wanted) return fail(all, to_string(wanted.error()), exit_code::usage);
  std::string const name = name_of(wanted->what);
  auto service = connect(all);
  if (!service) return report(all, name, service.error());
  auto const found = without_override(*service, what.unset);
  if (!found) return report(all, name, found.error());
  // The service says why who may not change a key may not; that is more than "nothing to do".
  auto const idle = found->writable ? found->keys : std::vector<std::string>();
  bool const is_idle = idle.size() == what.unset.size() && !all.as_json();
  bool const is_refused = what.strict && !idle.empty();
  if (is_idle || is_refused) close(*service); // hints have connections of their own
  if (is_refused) {
    return fail(all, name + ": " + idle.front() + " has no override" + key_hint(all, idle.front()));
  }
  if (is_idle) {
    std::string text;
    for (std::string const& key : idle)
      text += key + " has no override; nothing to do" + key_hint(all, key) + ".\n";
    print(for_screen(all.where, text));
    return exit_code::ok;
  }
  for (std::string const& key : idle)
    warn(key + " has no override");
  auto const done = service->set(wanted->what);
  close(*service);
  if (!done) return report(all, name, done.error());
  return show_commit(all, what.how.facts({}), *done);
}

} // namespace

void add_change_options(CLI::App* to, change_options& into) {
  add_comment(to, into.comment);
  add_revision(to, "--if-revision", into.if_revision, "Only if the service is at this revision")
      ->type_name("N");
  to->add_flag("--dry-run", into.dry_run, "Check everything, change nothing");
  add_duration(to, "--confirm", into.confirm, "Undo it after this time, unless confirmed");
  to->add_flag("--until-applied", into.until_applied,
               "Confirm it when all consumers have applied it, undo it when one fails")
      ->needs("--confirm");
  // A flag, so that a word behind it is not its value.
  to->add_flag("--wait{30s}", into.wait, "Wait until all consumers have applied it [30s]")
      ->check([](std::string const& text) {
        auto const time = parse_duration(text);
        if (!time) return to_string(time.error());
        return *time > limits{}.wait_time ? std::string("at most 1h") : std::string();
      });
}

change_facts change_options::facts(boost::json::object const& values) const {
  change_facts out{.values = values,
                   .mode = mode(),
                   .unconfirmed = confirm.has_value(),
                   .until_applied = until_applied};
  if (!wait.empty()) out.wait = parse_duration(wait).value();
  return out;
}

client::transaction transaction_of(change_options const& how) {
  return {.if_revision = how.if_revision,
          .mode = how.mode(),
          .comment = how.comment,
          .confirm = how.confirm,
          .until_applied = how.until_applied_or_absent()};
}

exit_code make_change(context const& all, std::string const& what,
                      client::transaction const& change, change_options const& how) {
  auto const done = call(all, &client::connection::set, change);
  if (!done) return report(all, what, done.error());
  auto facts = how.facts(change.values);
  facts.mode = change.mode;
  facts.unconfirmed = change.confirm.has_value();
  return show_commit(all, facts, *done);
}

void add_change_commands(declarations const& to) {
  auto const setting = declare(to, "set", "Change keys, all of them or none", set);
  // CLI11 2.4 accepts no '=' in a name.
  add_argument(setting.app, "ASSIGNMENT", setting.options.assignments,
               "KEY=VALUE; KEY VALUE, KEY=- (standard input) and KEY=@FILE as well")
      ->required();
  setting->add_flag("--string", setting.options.as_string, "The values are strings as they are");
  setting->add_flag("--prompt", setting.options.prompt, "Ask for the value of KEY, unseen");
  auto const removing = declare(to, "unset", "Remove keys from the override layer", unset);
  auto* const keys = add_argument(removing.app, "KEY", removing.options.unset, "Keys");
  removing->add_flag("--all", removing.options.every,
                     "All overrides at and below the keys; without a key, all there are");
  removing->parse_complete_callback([keys, &every = removing.options.every] {
    if (keys->empty() && !every) throw CLI::RequiredError("KEY");
  });
  for (auto const& one : {setting, removing}) {
    one->add_flag("--strict", one.options.strict, "Refuse what does not exist");
    add_change_options(one.app, one.options.how);
    add_duration(one.app, "--for", one.options.expire, "Undo it after this time")
        ->excludes("--confirm");
  }
}

} // namespace cfgd::cfgctl
