/// consumers; and what `wait REVISION` and the option --wait do.

#include "cfgctl/commands/consumers.hpp"

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/near.hpp"
#include "cfgctl/text/table.hpp"
#include "cfgctl/text/users.hpp"
#include "cfgctl/text/values.hpp"
#include "core/limits.hpp"

#include <algorithm>
#include <utility>

namespace cfgd::cfgctl {
namespace {

/// What the reply of a wait may take longer than the wait.
constexpr std::chrono::seconds grace{10};

struct consumer_options {
  std::string forget; ///< empty: list them
};

/// "revision 12: nginx -t: ..."; without a message where the caller may not see it.
std::string failure_line(client::consumer_failure const& why) {
  std::string out = "could not apply revision " + std::to_string(why.revision);
  return why.message.empty() ? out : out + ": " + why.message;
}

std::string waiting_line(client::revision_number revision, client::consumer const& one) {
  std::string out = one.name + ": ";
  if (one.failure && one.failure->revision >= revision) return out + failure_line(*one.failure);
  if (one.state != "watching") return out + one.state + " since " + one.since;
  out += "has applied revision " + std::to_string(one.applied);
  return out + (one.delivered < revision ? "; the newer one was not sent to it yet" : "");
}

exit_code run(context const& all, consumer_options const& what) {
  if (what.forget.empty()) return ask(all, "consumers", methods::consumers, {}, consumers_text);
  return ask(all, "consumers --forget " + what.forget, methods::forget_consumer, {what.forget},
             [&] { return "consumer " + what.forget + " forgotten\n"; });
}

} // namespace

std::string consumers_text(screen const& where, std::vector<client::consumer> const& found) {
  if (found.empty()) return "No consumers.\n";
  table out({left("NAME"), left("STATE"), right("APPLIED"), right("DELIVERED"), left("USER"),
             right("PID"), cuttable("UNIT"), left("SINCE"), cuttable("PREFIXES")});
  std::string failures;
  for (auto const& one : found) {
    bool const is_behind = one.applied < one.delivered || one.failure;
    out.add({{one.name, tint::name},
             {one.state, one.state == "watching" ? tint::plain : tint::warning},
             {std::to_string(one.applied), is_behind ? tint::warning : tint::plain},
             one.delivered,
             user_text(one.uid),
             one.pid ? std::to_string(*one.pid) : "-",
             one.unit.value_or("-"),
             one.since,
             one.prefixes.empty() ? "all" : listed(one.prefixes)});
    if (one.failure)
      failures.append(one.name).append(": ").append(failure_line(*one.failure)).append(1, '\n');
  }
  return out.str(where) + for_screen(where, failures);
}

client::result<client::wait_result> await_applied(context const& all,
                                                  client::revision_number revision,
                                                  std::vector<std::string> const& names,
                                                  std::optional<std::chrono::seconds> time) {
  auto const longest = std::max(default_time_limit, time.value_or(default_time_limit)) + grace;
  auto service = client::connection::connect(all.socket, longest);
  if (!service) return service.error();
  return service->wait_applied(revision, names, time);
}

std::string wait_text(screen const& where, client::revision_number revision,
                      client::wait_result const& made) {
  std::string const number = std::to_string(revision);
  if (made.applied) return "revision " + number + " is applied\n";
  std::string out = "revision " + number + " is not applied:\n";
  for (auto const& one : made.waiting)
    out.append("  ").append(waiting_line(revision, one)).append(1, '\n');
  return for_screen(where, out);
}

exit_code wait_for_revision(context const& all, client::revision_number revision,
                            std::vector<std::string> const& names) {
  std::optional<std::chrono::seconds> time;
  if (all.time_limit) time = std::chrono::ceil<std::chrono::seconds>(*all.time_limit);
  if (time && time->count() == 0) time = limits{}.wait_time; // no limit: the longest there is
  auto const made = await_applied(all, revision, names, time);
  std::string const doing = "wait " + std::to_string(revision);
  if (!made && made.error().name.ends_with(".RevisionMismatch"))
    return fail(all, doing + ": the service has not reached this revision");
  if (!made) return report(all, doing, made.error());
  show(all, json_of(*made), wait_text(all.where, revision, *made));
  return made->applied ? exit_code::ok : exit_code::not_applied;
}

void add_consumers_command(declarations const& to) {
  auto const listing = declare(
      to, "consumers", "Print the programs that follow settings, and what they applied", run);
  add_option(listing.app, "--forget", listing.options.forget, "NAME",
             "Forget a consumer that is absent");
}

} // namespace cfgd::cfgctl
