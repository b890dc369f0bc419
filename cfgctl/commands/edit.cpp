/// edit begin, edit end: several files as one change.
///
/// The edit lives as long as the connection that began it. In the foreground that is this process.
/// Otherwise it is a child that is forked when the service has said yes: it leaves the terminal,
/// closes what it shares with it, and holds the connection until the service has sent the last
/// reply. The parent closes its copy of the descriptor, which the service does not see as long as
/// the child has one.
///
/// With a command the edit lasts as long as the command runs. What it saved is taken in whatever it
/// ends with: the files are there, and holding them back would only hide that.

#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/programs.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"

#include <boost/json/array.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

namespace cfgd::cfgctl {
namespace {

/// Prints what came of an edit. Refused files are told on standard error, as warnings are.
exit_code tell_outcome(context const& all, client::edit_outcome const& what) {
  tell_issues(what.issues);
  if (all.asked.format == output_format::json) {
    boost::json::object out;
    out["revision"] = static_cast<std::int64_t>(what.revision);
    out["changed"] = boost::json::array(what.changed.begin(), what.changed.end());
    boost::json::array issues;
    for (client::issue const& one : what.issues)
      issues.push_back(issue_json(one));
    out["issues"] = std::move(issues);
    print(json_text(all.where, out));
  } else {
    std::string out;
    for (std::string const& key : what.changed)
      out += paint(all.where, tint::name, for_screen(all.where, key)) + " changed\n";
    out += what.changed.empty() ? "no effective value changed, revision " : "revision ";
    print(out + std::to_string(what.revision) + '\n');
  }
  return has_error(what.issues) ? exit_code::refused : exit_code::ok;
}

void tell_deadline(context const& all, std::string const& deadline) {
  if (all.asked.format == output_format::json) {
    boost::json::object out;
    out["deadline"] = deadline;
    print(json_text(all.where, out));
  } else {
    print("files that are saved are held back until 'cfgctl edit end', or until " +
          for_screen(all.where, deadline) + '\n');
  }
}

enum class side : std::uint8_t { parent, child };

/// Goes on in a child that has left the terminal.
side go_to_background() {
  pid_t const child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child > 0) return side::parent;
  ::setsid();
  if (::chdir("/") != 0) ::_exit(1); // no directory shall be busy because of this
  int const nowhere = ::open("/dev/null", O_RDWR);
  for (int const shared : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    ::dup2(nowhere, shared);
  if (nowhere > STDERR_FILENO) ::close(nowhere);
  return side::child;
}

exit_code in_background(context const& all, begin_edit_command const& what,
                        client::connection& service) {
  bool begun = false;
  bool parent = true;
  auto const outcome = service.begin_edit(what.time, [&](std::string const& deadline) {
    begun = true;
    tell_deadline(all, deadline);
    parent = go_to_background() == side::parent;
    return parent ? client::step::stop : client::step::more;
  });
  if (!parent) ::_exit(0); // nobody hears what came of it
  return begun ? exit_code::ok : report("edit begin", outcome.error());
}

/// Ends the edit, over a connection of its own: the other one is waiting.
void end_edit(context const& all) {
  auto service = connect(all);
  if (!service) {
    report("edit end", service.error());
    return;
  }
  auto const ended = service->end_edit();
  // If its time is over it has ended already, and what came of it is told by the other connection.
  if (!ended && ended.error().name != "io.cfgd.Config.NoEdit") report("edit end", ended.error());
}

exit_code in_foreground(context const& all, begin_edit_command const& what,
                        client::connection& service) {
  std::optional<int> program_ended;
  auto const outcome = service.begin_edit(what.time, [&](std::string const& deadline) {
    if (what.program.empty()) {
      tell_deadline(all, deadline);
    } else {
      program_ended = run_program(what.program);
      end_edit(all);
    }
    return client::step::more;
  });
  if (!outcome) return report("edit begin", outcome.error());
  exit_code const code = tell_outcome(all, *outcome);
  if (!program_ended || *program_ended == 0) return code;
  complain(printable("cfgctl: '" + what.program.front() + "' ended with " +
                     std::to_string(*program_ended) + '\n'));
  return static_cast<exit_code>(*program_ended);
}

} // namespace

exit_code run(context const& all, begin_edit_command const& what) {
  auto service = connect(all);
  if (!service) return report("edit begin", service.error());
  bool const waits = what.foreground || !what.program.empty();
  return waits ? in_foreground(all, what, *service) : in_background(all, what, *service);
}

exit_code run(context const& all, end_edit_command const&) {
  auto service = connect(all);
  if (!service) return report("edit end", service.error());
  auto const outcome = service->end_edit();
  if (!outcome) return report("edit end", outcome.error());
  return tell_outcome(all, *outcome);
}

} // namespace cfgd::cfgctl
