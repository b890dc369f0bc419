/// edit: `edit KEY` (edit_value), and `edit begin` and `edit end`, which make the changes of
/// several files one change.
///
/// An edit of files lasts as long as the connection that began it. In the foreground that is this
/// process. Otherwise it is a child that is forked when the service has accepted the edit: it
/// leaves the terminal, closes what it shares with it, and keeps the connection until the last
/// reply. The parent closes its copy of the descriptor, which the service does not notice as long
/// as the child has one.
///
/// With a command the edit lasts as long as the command runs. Its files are applied whatever its
/// exit code is: they are saved already, and rejecting them would only hide that.
///
/// `edit KEY` shares its name with `edit begin` and `edit end`. Only a whole namespace can be
/// called `begin` or `end`: write it after "--".

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/commands/edit_value.hpp"
#include "cfgctl/failure_report.hpp"
#include "cfgctl/programs.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/text/values.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

namespace cfgd::cfgctl {
namespace {

struct begin_options {
  std::optional<std::chrono::seconds> time;
  bool foreground = false;
  std::vector<std::string> program; ///< empty: none
};

/// Prints the result of an edit; rejected files on standard error, as warnings are.
exit_code show_outcome(context const& all, client::edit_outcome const& what) {
  complain_issues(what.issues);
  key_list keys(all.where);
  for (auto const& key : what.changed)
    keys.add(paint(all.where, tint::name, for_screen(all.where, key)) + " changed\n");
  std::string text = keys.text();
  text += what.changed.empty() ? "no effective value changed, revision " : "revision ";
  show(all, json_of(what), text + std::to_string(what.revision) + '\n');
  return has_error(what.issues) ? exit_code::refused : exit_code::ok;
}

void show_deadline(context const& all, std::string const& deadline) {
  show(all, boost::json::object{{"deadline", deadline}},
       "saved files take effect together at 'cfgctl edit end', or at " +
           for_screen(all.where, deadline) + '\n');
}

enum class side : std::uint8_t { parent, child };

/// Forks a child that has no terminal. Returns in both processes.
side go_to_background() {
  pid_t const child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child > 0) return side::parent;
  ::setsid();
  if (::chdir("/") != 0) ::_exit(1); // do not keep a file system busy
  int const nowhere = ::open("/dev/null", O_RDWR);
  for (int const shared : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    ::dup2(nowhere, shared);
  if (nowhere > STDERR_FILENO) ::close(nowhere);
  return side::child;
}

exit_code in_background(context const& all, begin_options const& what,
                        client::connection& service) {
  bool begun = false;
  bool parent = true;
  auto const outcome = service.begin_edit(what.time, [&](std::string const& deadline) {
    begun = true;
    show_deadline(all, deadline);
    parent = go_to_background() == side::parent;
    return parent ? client::step::stop : client::step::more;
  });
  if (!parent) ::_exit(0); // nobody waits for the result
  return begun ? exit_code::ok : report(all, "edit begin", outcome.error());
}

/// Ends the edit over a second connection: the first one is waiting, and has the result, which is
/// the document of --json.
void end_own_edit(context const& all) {
  auto const ended = call(all, &client::connection::end_edit);
  // After its deadline it has ended already, and the first connection gets the result.
  if (!ended && ended.error().name != "io.cfgd.Config.NoEdit")
    complain(failure_text("edit end", ended.error()));
}

exit_code in_foreground(context const& all, begin_options const& what,
                        client::connection& service) {
  std::optional<int> program_ended;
  auto const outcome = service.begin_edit(what.time, [&](std::string const& deadline) {
    if (what.program.empty()) {
      show_deadline(all, deadline);
    } else {
      program_ended = run_program(what.program);
      end_own_edit(all);
    }
    return client::step::more;
  });
  if (!outcome) return report(all, "edit begin", outcome.error());
  exit_code const code = show_outcome(all, *outcome);
  if (!program_ended || *program_ended == 0) return code;
  return complain_line('\'' + what.program.front() + "' ended with " +
                           std::to_string(*program_ended),
                       static_cast<exit_code>(*program_ended));
}

exit_code begin_edit(context const& all, begin_options const& what) {
  auto service = connect(all);
  if (!service) return report(all, "edit begin", service.error());
  bool const waits = what.foreground || !what.program.empty();
  return waits ? in_foreground(all, what, *service) : in_background(all, what, *service);
}

exit_code end_edit(context const& all, no_options const&) {
  auto const outcome = call(all, &client::connection::end_edit);
  return outcome ? show_outcome(all, *outcome) : report(all, "edit end", outcome.error());
}

} // namespace

void add_edit_commands(declarations const& to) {
  auto const options = std::make_shared<edit_options>();
  auto* const edit = to.app.add_subcommand(
      "edit", "Change a value in an editor; begin, end: change several files at once");
  edit->require_subcommand(0, 1);
  add_argument(edit, "KEY", options->key, "A key");
  add_comment(edit, options->comment);
  add_choice(edit, "--format", options->format, {"json", "yaml"}, "json or yaml [json]")
      ->type_name("FORMAT");

  auto const begin =
      declare(*edit, to.chosen, "begin", "Collect saved files until the edit ends", begin_edit);
  begin->fallthrough();
  add_duration(begin.app, "--time", begin.options.time,
               "It ends after this time at the latest [10m]");
  begin->add_flag("--foreground", begin.options.foreground, "Wait until it ends");
  add_argument(begin.app, "COMMAND", begin.options.program, "Run this, and end the edit");

  auto const end =
      declare(*edit, to.chosen, "end", "Accept all files of the edit, or reject all", end_edit);
  end->fallthrough();

  edit->final_callback([&chosen = to.chosen, edit, options] {
    if (!edit->get_subcommands().empty()) return;
    if (options->key.empty()) throw wrong_words("missing KEY, begin or end");
    chosen = [options](context const& all) { return edit_value(all, *options); };
  });
}

} // namespace cfgd::cfgctl
