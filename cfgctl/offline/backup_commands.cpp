/// backup and restore.
///
/// A restore has two ways. While no daemon runs, the whole store is put in place, its history and
/// its sources among it. A running daemon holds the lock of its state directory and keeps its
/// store; what can be given back to it is what was set through it, the override layer, and that
/// goes the way of every change: schemas, rules and rights are asked, and it is a revision. Which
/// way it is, the lock tells.

#include "cfgctl/commands/commands.hpp"
#include "cfgctl/text/values.hpp"
#include "cfgctl/offline/progress.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/commit_text.hpp"
#include "store/backup.hpp"

#include <filesystem>
#include <optional>
#include <utility>

namespace cfgd::cfgctl {
namespace {

namespace fs = std::filesystem;
using json_object = boost::json::object;

fs::path state_of(state_options const& where) {
  if (!where.state.empty()) return where.state;
  return where.root.empty() ? fs::path("/var/lib/cfgd") : fs::path(where.root) / "state";
}

json_object facts_json(store::backup_facts const& what) {
  return {{"revision", what.revision},
          {"records", what.records},
          {"bytes", what.bytes},
          {"format", what.format},
          {"store_id", what.store_id}};
}

std::string facts_text(store::backup_facts const& what) {
  return "revision " + std::to_string(what.revision) + ", " + std::to_string(what.records) +
         " records";
}

exit_code refuse(std::string const& doing, error const& why) {
  complain(printable("cfgctl: " + doing + ": " + to_string(why) + '\n'));
  return exit_code::refused;
}

store::progress_report report_to(offline::progress& bar) {
  return [&bar](std::uint64_t done, std::uint64_t total) { bar.show(done, total); };
}

void tell(context const& all, json_object const& as_json, std::string const& text) {
  print(all.asked.format == output_format::json ? json_text(all.where, as_json)
                                                : for_screen(all.where, text));
}

exit_code tell_restored(context const& all, restore_command const& what,
                        store::restored const& done) {
  auto as_json = facts_json(done.facts);
  as_json["mode"] = "offline";
  std::string text = "restored " + facts_text(done.facts) + '\n';
  if (what.dry_run) text = "would restore " + facts_text(done.facts) + '\n';
  if (!done.old.empty()) {
    as_json["old"] = done.old.string();
    text += "the store that was there is in " + done.old.string() + '\n';
  }
  tell(all, as_json, text);
  return exit_code::ok;
}

/// Absent: a daemon runs, and that is fine.
std::optional<exit_code> restore_offline(context const& all, restore_command const& what) {
  using question = store::restore_question;
  question const asked{.state = state_of(what.where),
                       .file = what.file,
                       .old =
                           what.discard ? question::old_store::discard : question::old_store::keep,
                       .what = what.dry_run ? question::action::try_it : question::action::restore,
                       .now = wall_now()};
  auto const done = [&asked] {
    offline::progress bar("restoring");
    return store::restore_offline(asked, report_to(bar));
  }();
  if (done) return tell_restored(all, what, *done);
  bool const locked = done.error().code == errc::conflict;
  if (locked && what.how == restore_command::mode::automatic) return std::nullopt;
  return refuse("restore", done.error());
}

exit_code restore_online(context const& all, restore_command const& what) {
  auto found = [&what] {
    offline::progress bar("reading");
    return store::read_backup_overrides(what.file, report_to(bar));
  }();
  if (!found) return refuse("restore", found.error());
  complain("cfgctl: cfgd runs: only the override layer is restored, of revision " +
           std::to_string(found->facts.revision) + '\n');
  invocation asked = all.asked;
  if (asked.socket.empty() && !what.where.root.empty())
    asked.socket = fs::path(what.where.root) / "run" / "io.cfgd";
  context const there{.asked = asked, .where = all.where};
  auto service = connect(there);
  if (!service) return report("restore", service.error());
  auto const mode = what.dry_run ? client::commit_mode::check : client::commit_mode::apply;
  auto const done = service->restore(
      {.overrides = std::move(found->overrides), .mode = mode, .comment = what.comment});
  if (!done) return report("restore", done.error());
  tell_commit(there, {.values = json_object(), .mode = mode}, *done);
  return exit_code::ok;
}

} // namespace

exit_code run(context const& all, backup_command const& what) {
  auto const done = [&what] {
    offline::progress bar("copying");
    return store::back_up(state_of(what.where), what.file, report_to(bar));
  }();
  if (!done) return refuse("backup", done.error());
  auto as_json = facts_json(*done);
  as_json["file"] = what.file;
  tell(all, as_json, what.file + ": " + facts_text(*done) + '\n');
  return exit_code::ok;
}

exit_code run(context const& all, restore_command const& what) {
  if (what.how != restore_command::mode::online)
    if (auto const ended = restore_offline(all, what)) return *ended;
  return restore_online(all, what);
}

} // namespace cfgd::cfgctl
