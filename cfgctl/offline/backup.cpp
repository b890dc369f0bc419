/// backup and restore.
///
/// A restore works in two ways. While no daemon runs, the whole store is replaced, with its history
/// and sources. A running daemon holds the lock of its state directory and keeps its store; then
/// only the override layer is restored, as a change like any other: schemas, rules and rights
/// apply, and it becomes a revision. The lock of the very directory decides which way it is;
/// state_place says which directory that is.

#include "store/backup.hpp"

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/offline/progress.hpp"
#include "cfgctl/offline/state_place.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/commit_text.hpp"
#include "cfgctl/text/values.hpp"
#include "core/time.hpp"
#include "store/key_place.hpp"
#include "store/owner.hpp"

#include <filesystem>
#include <optional>
#include <utility>

namespace cfgd::cfgctl {
namespace {

namespace fs = std::filesystem;
using json_object = boost::json::object;

struct backup_options {
  std::string file;
  state_options where;
};

struct restore_options {
  std::string file;
  state_options where;
  bool offline = false; ///< neither: the lock decides
  bool online = false;
  bool discard = false;
  bool dry_run = false;
  std::string comment;
};

json_object facts_json(store::backup_facts const& what) {
  return {{"revision", what.revision}, {"records", what.records},   {"bytes", what.bytes},
          {"format", what.format},     {"store_id", what.store_id}, {"key", what.key_id}};
}

/// The key is not in a backup: who keeps it beside the backup has sealed nothing.
std::string key_text(store::backup_facts const& what) {
  if (what.key_id.empty()) return {};
  return "secrets in it are sealed with the key " + what.key_id +
         ", which it does not have: to restore it elsewhere, keep that key, too\n";
}

std::string facts_text(store::backup_facts const& what) {
  return "revision " + std::to_string(what.revision) + ", " + std::to_string(what.records) +
         " records";
}

exit_code refuse(context const& all, std::string const& doing, error const& why) {
  return fail(all, doing + ": " + to_string(why));
}

exit_code show_restored(context const& all, restore_options const& what,
                        store::restored const& done) {
  auto as_json = facts_json(done.facts);
  as_json["mode"] = "offline";
  std::string text = "restored " + facts_text(done.facts) + '\n';
  if (what.dry_run) {
    text = "would restore " + facts_text(done.facts) + '\n';
  } else {
    as_json["continues"] = done.continues;
    text += "the service goes on at revision " + std::to_string(done.continues) + '\n';
  }
  if (!done.old.empty()) {
    as_json["old"] = done.old.string();
    text += "the old store is in " + done.old.string() + '\n';
  }
  show(all, as_json, for_screen(all.where, text));
  return exit_code::ok;
}

/// Absent: a daemon runs, and the user asked for nothing that is offline only.
std::optional<exit_code> restore_offline(context const& all, restore_options const& what,
                                         fs::path const& state) {
  using question = store::restore_question;
  question const asked{.state = state,
                       .file = what.file,
                       .old =
                           what.discard ? question::old_store::discard : question::old_store::keep,
                       .what = what.dry_run ? question::action::try_it : question::action::restore,
                       .now = wall_now()};
  auto const done = offline::with_progress(
      "restoring", [&](auto const& moved) { return store::restore_offline(asked, moved); });
  if (done) return show_restored(all, what, *done);
  bool const locked = done.error().code == errc::conflict;
  if (locked && !what.offline && !what.discard) return std::nullopt;
  return refuse(all, "restore", done.error());
}

exit_code restore_online(context const& all, restore_options const& what,
                         state_place const& place) {
  // Without the key, only overrides that are sealed cannot be read.
  auto const keys = [&place]() -> result<std::shared_ptr<store::key_ring const>> {
    // The key belongs to the user of the service; root reads it as that user.
    auto const owner = store::acting_as_owner::of(place.state);
    if (!owner) return owner.error();
    return store::keys_beside(place.state);
  }();
  auto found = offline::with_progress("reading", [&](auto const& moved) {
    return store::read_backup_overrides(what.file, moved, keys ? keys->get() : nullptr);
  });
  if (!found) return refuse(all, "restore", found.error());
  context there = all;
  there.socket = place.socket;
  auto service = connect(there);
  if (!service) return report(all, "restore", service.error());
  if (auto const fine = confirm_state(*service, place); !fine)
    return report(all, "restore", fine.error());
  complain_line("cfgd runs: only the override layer is restored, of revision " +
                std::to_string(found->facts.revision));
  auto const mode = what.dry_run ? client::commit_mode::check : client::commit_mode::apply;
  auto const done = service->restore(
      {.overrides = std::move(found->overrides), .mode = mode, .comment = what.comment});
  close(*service);
  if (!done) return report(all, "restore", done.error());
  return show_commit(there, {.values = json_object(), .mode = mode, .is_complete = false}, *done);
}

exit_code back_up(context const& all, backup_options const& what) {
  auto const place = find_state(all, what.where);
  if (!place) return report(all, "backup", place.error());
  auto const done = offline::with_progress(
      "copying", [&](auto const& moved) { return store::back_up(place->state, what.file, moved); });
  if (!done) return refuse(all, "backup", done.error());
  auto as_json = facts_json(*done);
  as_json["file"] = what.file;
  as_json["state"] = place->state.string();
  show(all, as_json,
       for_screen(all.where, what.file + ": " + facts_text(*done) + '\n' + key_text(*done)));
  return exit_code::ok;
}

exit_code restore(context const& all, restore_options const& what) {
  auto const place = find_state(all, what.where, what.online ? needed::service : needed::directory);
  if (!place) return report(all, "restore", place.error());
  if (!what.online)
    if (auto const ended = restore_offline(all, what, place->state)) return *ended;
  return restore_online(all, what, *place);
}

void add_state_options(CLI::App* to, state_options& into) {
  auto* const state =
      add_option(to, "--state", into.state, "DIR", "Directory of the store [that of the service]");
  add_root(to, into.root)->excludes(state);
}

} // namespace

void add_backup_commands(declarations const& to) {
  auto const backup = declare(to, "backup", "Copy the store, also while cfgd runs", back_up);
  add_argument(backup.app, "FILE", backup.options.file, "The file to write")->required();
  add_state_options(backup.app, backup.options.where);

  auto const restoring =
      declare(to, "restore", "Restore a backup, or only its override layer", restore);
  auto& into = restoring.options;
  add_argument(restoring.app, "FILE", into.file, "A file that backup wrote")->required();
  add_state_options(restoring.app, into.where);
  auto* const offline =
      restoring->add_flag("--offline", into.offline, "The whole store; cfgd must not run");
  auto* const online =
      restoring->add_flag("--online", into.online, "The override layer, through cfgd")
          ->excludes(offline);
  restoring->add_flag("--discard", into.discard, "Remove the old store")->excludes(online);
  restoring->add_flag("--dry-run", into.dry_run, "Check everything, change nothing");
  add_comment(restoring.app, into.comment);
}

} // namespace cfgd::cfgctl
