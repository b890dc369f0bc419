/// apply, diff FILE, import: documents become one transaction.
///
/// What has to change is found out here, from what was read at one revision, and the transaction is
/// sent on the condition that the service is still there. If it is not, all is read and planned
/// anew, a few times; a revision that the user named is the user's affair.

#include "cfgctl/commands/apply_plan.hpp"
#include "cfgctl/text/commit_text.hpp"
#include "cfgctl/commands/documents.hpp"
#include "cfgctl/text/history_text.hpp"
#include "cfgctl/commands/layers.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"
#include "client/detail/failures.hpp"

#include <filesystem>
#include <utility>

namespace cfgd::cfgctl {
namespace {

constexpr int most_attempts = 5;

exit_code complain_of(error const& why) {
  complain(printable("cfgctl: " + to_string(why) + '\n'));
  return why.code == errc::bad_key ? exit_code::usage : exit_code::refused;
}

bool moved_on(client::call_error const& why) {
  return why.kind == client::failure::refused && why.name == "io.cfgd.Config.RevisionMismatch";
}

/// A plan and the revision that it was made for.
struct planned {
  apply_plan plan;
  client::revision_number revision = 0;
};

/// Adds what pruning asks for. False if the service has moved on meanwhile.
client::result<bool> add_prune(client::connection& service, boost::json::object const& wanted,
                               boost::json::object const& effective, planned& into) {
  for (auto const& member : wanted) {
    auto const* const value = effective.if_contains(member.key());
    auto const* const now = value != nullptr ? value->if_object() : nullptr;
    if (now == nullptr) continue; // nothing shows of it: neither does an override
    auto const layers = read_layers(service, member.key(), *now);
    if (!layers) return layers.error();
    if (layers->revision != into.revision) return false;
    plan_prune(into.plan, member.key(), member.value().get_object(), layers->candidates);
  }
  return true;
}

client::result<planned> make_plan(client::connection& service, boost::json::object const& wanted,
                                  bool prune) {
  std::vector<std::string> names;
  for (auto const& member : wanted)
    names.emplace_back(member.key());
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    auto const found = service.get(names);
    if (!found) return found.error();
    planned out{.plan = plan_changes(wanted, found->values), .revision = found->revision};
    if (!prune) return out;
    auto const same = add_prune(service, wanted, found->values, out);
    if (!same) return same.error();
    if (*same) return out;
  }
  return client::detail::closed("values change faster than they can be read");
}

client::transaction transaction_of(change_options const& how) {
  client::transaction out;
  out.comment = how.comment;
  out.mode = how.dry_run ? client::commit_mode::check : client::commit_mode::apply;
  out.confirm = how.confirm;
  out.if_revision = how.if_revision;
  return out;
}

/// What applying came to. `done` is absent if there was nothing to do.
struct applied {
  planned what;
  std::optional<client::commit> done;
};

client::result<applied> apply_document(context const& all, apply_command const& what,
                                       boost::json::object const& wanted) {
  auto service = connect(all);
  if (!service) return service.error();
  for (int attempt = 1;; ++attempt) {
    auto made = make_plan(*service, wanted, what.prune);
    if (!made) return made.error();
    if (made->plan.empty()) return applied{.what = std::move(*made), .done = {}};
    client::transaction change = transaction_of(what.how);
    if (what.what == apply_command::action::diff) change.mode = client::commit_mode::check;
    if (!change.if_revision) change.if_revision = made->revision;
    change.values = made->plan.set;
    change.unset = made->plan.unset;
    auto done = service->set(change);
    if (done) return applied{.what = std::move(*made), .done = std::move(*done)};
    bool const again = moved_on(done.error()) && !what.how.if_revision;
    if (!again || attempt == most_attempts) return done.error();
  }
}

exit_code show_difference(context const& all, apply_plan const& plan) {
  if (all.asked.format == output_format::json) {
    boost::json::object out;
    out["before"] = plan.before;
    out["after"] = plan.after;
    print(json_text(all.where, out));
  } else {
    print(difference_text(all.where, plan.before, plan.after));
  }
  return plan.before.empty() && plan.after.empty() ? exit_code::ok : exit_code::refused;
}

exit_code nothing_to_do(context const& all, client::revision_number at) {
  if (all.asked.format == output_format::json) {
    boost::json::object const none;
    client::commit same;
    same.revision = at;
    tell_commit(all, {.values = none}, same);
  } else {
    print("nothing to do, revision " + std::to_string(at) + '\n');
  }
  return exit_code::ok;
}

} // namespace

exit_code run(context const& all, apply_command const& what) {
  bool const only_diff = what.what == apply_command::action::diff;
  auto const wanted = read_namespaces(what.file, what.format);
  if (!wanted) return complain_of(wanted.error());
  std::string const doing = (only_diff ? "diff " : "apply ") + what.file;
  auto const done = apply_document(all, what, *wanted);
  if (!done) return report(doing, done.error());
  if (only_diff) return show_difference(all, done->what.plan);
  if (!done->done) return nothing_to_do(all, done->what.revision);
  auto const mode = what.how.dry_run ? client::commit_mode::check : client::commit_mode::apply;
  tell_commit(
      all,
      {.values = done->what.plan.after, .mode = mode, .unconfirmed = what.how.confirm.has_value()},
      *done->done);
  return exit_code::ok;
}

exit_code run(context const& all, import_command const& what) {
  client::transaction change = transaction_of(what.how);
  for (std::string const& file : what.files) {
    std::string const name = std::filesystem::path(file).stem();
    auto document = read_document(file);
    if (!document) return complain_of(document.error());
    auto const clean = check_no_null(file, *document);
    if (!clean) return complain_of(clean.error());
    if (!change.values.emplace(name, std::move(*document)).second) {
      complain(printable("cfgctl: import: two files set the namespace '" + name + "'\n"));
      return exit_code::usage;
    }
  }
  auto service = connect(all);
  if (!service) return report("import", service.error());
  auto const done = service->set(change);
  if (!done) return report("import", done.error());
  tell_commit(
      all,
      {.values = change.values, .mode = change.mode, .unconfirmed = change.confirm.has_value()},
      *done);
  return exit_code::ok;
}

} // namespace cfgd::cfgctl
