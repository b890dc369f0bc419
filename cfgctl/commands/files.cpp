/// apply, diff FILE, import: documents become one transaction.
///
/// The plan is made here, from values that were read at one revision, and the transaction is sent
/// on the condition that the service is still at this revision. If it is not, values are read and
/// planned again, a few times, unless the user named the revision.

#include "cfgctl/commands/files.hpp"

#include "cfgctl/commands/apply_plan.hpp"
#include "cfgctl/commands/change_options.hpp"
#include "cfgctl/commands/declare.hpp"
#include "cfgctl/commands/documents.hpp"
#include "cfgctl/commands/layers.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/commit_text.hpp"
#include "cfgctl/text/history_text.hpp"

#include <filesystem>
#include <utility>

namespace cfgd::cfgctl {
namespace {

constexpr int most_attempts = 5;

struct apply_options {
  std::string file;   ///< "-": standard input
  std::string format; ///< empty: by the extension of the file
  bool prune = false;
  change_options how;
};

struct import_options {
  std::vector<std::string> files;
  change_options how;
};

/// A document that cannot be used is wrong input.
exit_code complain_of(context const& all, error const& why) {
  return fail(all, to_string(why), exit_code::usage);
}

bool moved_on(client::call_error const& why) {
  return why.kind == client::failure::refused && why.name == "io.cfgd.Config.RevisionMismatch";
}

/// A plan and the revision that it was made for.
struct planned {
  apply_plan plan;
  client::revision_number revision = 0;
};

/// Adds the overrides to remove. False if the service has moved to another revision meanwhile.
client::result<bool> add_prune(client::connection& service, boost::json::object const& wanted,
                               boost::json::object const& effective, planned& into) {
  for (auto const& member : wanted) {
    auto const* const value = effective.if_contains(member.key());
    auto const* const now = value != nullptr ? value->if_object() : nullptr;
    if (now == nullptr) continue; // no effective value, so no override that shows
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
  return values_change_too_fast();
}

/// The result of applying. `done` is absent if there was nothing to do.
struct applied {
  planned what;
  std::optional<client::commit> done;
};

client::result<applied> apply_document(client::connection& service, apply_options const& what,
                                       boost::json::object const& wanted) {
  for (int attempt = 1;; ++attempt) {
    auto made = make_plan(service, wanted, what.prune);
    if (!made) return made.error();
    if (made->plan.empty()) return applied{.what = std::move(*made), .done = {}};
    client::transaction change = transaction_of(what.how);
    if (!change.if_revision) change.if_revision = made->revision;
    change.values = made->plan.set;
    change.unset = made->plan.unset;
    auto done = service.set(change);
    if (done) return applied{.what = std::move(*made), .done = std::move(*done)};
    bool const again = moved_on(done.error()) && !what.how.if_revision;
    if (!again || attempt == most_attempts) return done.error();
  }
}

exit_code nothing_to_do(context const& all, client::revision_number at) {
  if (!all.as_json()) {
    print("nothing to do, revision " + std::to_string(at) + '\n');
    return exit_code::ok;
  }
  return show_commit(all, {.values = {}}, {.revision = at, .changed = {}, .warnings = {}});
}

exit_code apply(context const& all, apply_options const& what) {
  auto const wanted = read_namespaces(what.file, what.format);
  if (!wanted) return complain_of(all, wanted.error());
  auto const done = call(all, apply_document, what, *wanted);
  if (!done) return report(all, "apply " + what.file, done.error());
  if (!done->done) return nothing_to_do(all, done->what.revision);
  return show_commit(all, what.how.facts(done->what.plan.after), *done->done);
}

exit_code import(context const& all, import_options const& what) {
  client::transaction change = transaction_of(what.how);
  for (std::string const& file : what.files) {
    std::string const name = std::filesystem::path(file).stem();
    auto document = read_document(file);
    if (!document) return complain_of(all, document.error());
    auto const clean = check_no_null(file, *document);
    if (!clean) return complain_of(all, clean.error());
    if (!change.values.emplace(name, std::move(*document)).second) {
      return fail(all, "import: two files set the namespace '" + name + '\'', exit_code::usage);
    }
  }
  return make_change(all, "import", change, what.how);
}

} // namespace

exit_code diff_document(context const& all, std::string const& file, bool prune) {
  apply_options what{.file = file, .format = {}, .prune = prune, .how = {}};
  what.how.dry_run = true;
  auto const wanted = read_namespaces(file);
  if (!wanted) return complain_of(all, wanted.error());
  auto const done = call(all, apply_document, what, *wanted);
  if (!done) return report(all, "diff " + file, done.error());
  auto const& plan = done->what.plan;
  return show_difference(all, {.before = plan.before, .after = plan.after});
}

exit_code show_difference(context const& all, client::difference const& what) {
  auto as_json = json_of(what);
  if (what.secrets.empty()) as_json.get_object().erase("secrets");
  show(all, as_json, difference_text(all.where, what));
  bool const is_same = what.before.empty() && what.after.empty() && what.secrets.empty();
  return is_same ? exit_code::ok : exit_code::refused;
}

void add_file_commands(declarations const& to) {
  auto const applying =
      declare(to, "apply", "Make the values of a document of namespaces effective", apply);
  auto& into = applying.options;
  add_argument(applying.app, "FILE", into.file, "The document; - is standard input")->required();
  add_choice(applying.app, "--format", into.format, {"json", "jsonc", "yaml", "toml", "ini", "env"},
             "Format of FILE [by its extension]")
      ->type_name("FORMAT");
  applying->add_flag("--prune", into.prune, "Also remove overrides that it does not have");
  add_change_options(applying.app, into.how);

  auto const importing = declare(to, "import", "Set whole namespaces: NAME.json sets NAME", import);
  add_argument(importing.app, "FILE", importing.options.files, "Files")->required();
  add_change_options(importing.app, importing.options.how);
}

} // namespace cfgd::cfgctl
