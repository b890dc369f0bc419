/// health, problems, metrics.
///
/// `health` is also a monitoring plugin: it always prints one line on standard output first, and
/// ends with 0 to 3. A service that does not answer is unknown (3), not critical: the monitoring
/// system can map unknown to critical, but not the other way round.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/failure_report.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/health_text.hpp"
#include "cfgctl/text/near.hpp"
#include "cfgctl/text/values.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <utility>

namespace cfgd::cfgctl {
namespace {

struct health_options {
  std::vector<std::string> checks; ///< empty: all
  bool run = false;
};

struct problems_options {
  std::string kind; ///< empty: all
  std::optional<std::int64_t> limit;
  bool open = false;
  bool clear = false;
};

/// An error for a check that is chosen here.
client::call_error no_such_check(std::string const& name, std::vector<std::string> const& known) {
  client::call_error why;
  why.kind = client::failure::refused;
  why.name = "io.cfgd.Service.NoSuchCheck";
  why.message = "there is no check '" + name + '\'';
  why.parameters["hint"] = did_you_mean(name, known) + "; checks: " + listed(known);
  why.parameters["name"] = name;
  return why;
}

std::string text_member(boost::json::value const& of, std::string_view name) {
  auto const* const object = of.if_object();
  auto const* const found = object != nullptr ? object->if_contains(name) : nullptr;
  auto const* const text = found != nullptr ? found->if_string() : nullptr;
  return text != nullptr ? std::string(*text) : std::string();
}

/// The reply as it came. A reply of named checks has their status instead of all checks'.
client::result<boost::json::object> fetch_health(client::connection& service,
                                                 health_options const& what) {
  wire::checks_request const named{.names = &what.checks};
  auto reply = what.run ? service.call(methods::run_checks.name, parameters_of(named))
                        : service.call(methods::health.name);
  if (!reply || what.checks.empty()) return reply;
  auto const* const list = reply->if_contains("checks");
  boost::json::array const none;
  auto const& checks = list != nullptr && list->is_array() ? list->get_array() : none;
  std::vector<client::health_check> chosen;
  boost::json::array out;
  for (std::string const& name : what.checks) {
    auto const one = std::ranges::find_if(
        checks, [&](boost::json::value const& each) { return text_member(each, "name") == name; });
    if (one == checks.end()) {
      std::vector<std::string> known;
      for (boost::json::value const& each : checks)
        known.push_back(text_member(each, "name"));
      return no_such_check(name, known);
    }
    chosen.emplace_back().status = text_member(*one, "status");
    out.push_back(*one);
  }
  boost::json::object whole{{"status", worst_status(chosen)}};
  whole["checks"] = std::move(out);
  return whole;
}

exit_code unknown_health(context const& all, client::call_error const& why) {
  std::string const line = plugin_unknown(failure_line(why));
  all.as_json() ? complain(line) : print(line);
  if (all.as_json()) print(json_text(all.where, failure_json(failure_line(why), why)));
  return plugin_code("unknown");
}

exit_code health(context const& all, health_options const& what) {
  auto reply = call(all, fetch_health, what);
  if (!reply) return unknown_health(all, reply.error());
  if (all.as_json()) {
    print(json_text(all.where, *reply));
    return plugin_code(text_member(*reply, "status"));
  }
  auto const found = wire::decode<client::health_report>(methods::health.name, std::move(*reply));
  if (!found) return unknown_health(all, found.error());
  print(health_text(all.where, *found, wall_now()));
  return plugin_code(found->status);
}

/// Removes resolved problems, then all but the first `limit`.
void keep_open(boost::json::array& problems, std::optional<std::int64_t> limit) {
  auto const resolved = [](boost::json::value const& one) {
    auto const* const members = one.if_object();
    auto const* const found = members != nullptr ? members->if_contains("resolved") : nullptr;
    return found != nullptr && !found->is_null();
  };
  problems.erase(std::remove_if(problems.begin(), problems.end(), resolved), problems.end());
  if (limit && problems.size() > static_cast<std::size_t>(*limit)) {
    problems.erase(problems.begin() + *limit, problems.end());
  }
}

exit_code problems(context const& all, problems_options const& what) {
  if (what.clear) {
    return ask(all, "problems --clear", methods::clear_problems, {},
               [] { return std::string("cleared\n"); });
  }
  client::problem_query query{.kind = what.kind};
  // The service counts resolved problems as well; with --open they are removed here.
  if (!what.open) query.limit = what.limit;
  auto reply = call(all, &client::connection::call, methods::problems.name, parameters_of(query));
  bool const wrong_kind = !reply && reply.error().name.ends_with(".InvalidParameter");
  if (wrong_kind && !what.kind.empty()) {
    std::vector<std::string> const kinds{"parse",   "schema",  "validation", "store",
                                         "cache",   "watch",   "permission", "protocol",
                                         "network", "internal"};
    return fail(all,
                "problems: unknown kind '" + what.kind + '\'' + did_you_mean(what.kind, kinds) +
                    "; kinds: " + listed(kinds),
                exit_code::usage);
  }
  if (!reply) return report(all, "problems", reply.error());
  auto* const list = reply->if_contains("problems");
  if (what.open && list != nullptr && list->is_array()) keep_open(list->get_array(), what.limit);
  if (all.as_json()) {
    print(json_text(all.where, *reply));
    return exit_code::ok;
  }
  auto const found =
      wire::decode<client::problem_report>(methods::problems.name, std::move(*reply));
  if (!found) return report(all, "problems", found.error());
  print(problems_text(all.where, *found, wall_now()));
  return exit_code::ok;
}

exit_code metrics(context const& all, no_options const&) {
  return ask(all, "metrics", methods::metrics, {}, [](std::string const& text) { return text; });
}

} // namespace

void add_health_commands(declarations const& to) {
  auto const checking =
      declare(to, "health", "Print the checks; exit codes as for monitoring plugins", health);
  add_argument(checking.app, "CHECK", checking.options.checks, "Only these; without, all");
  checking->add_flag("--run", checking.options.run, "Run them now");

  auto const listing = declare(to, "problems", "Print the recorded problems", problems);
  auto& into = listing.options;
  auto* const kind =
      add_argument(listing.app, "KIND", into.kind, "Only of this kind: parse, schema, ...");
  auto* const limit = add_limit(listing.app, into.limit);
  auto* const open = listing->add_flag("--open", into.open, "Only those that are not resolved");
  listing->add_flag("--clear", into.clear, "Delete all of them")
      ->excludes(kind)
      ->excludes(limit)
      ->excludes(open);

  declare(to, "metrics", "Print all figures as OpenMetrics text", metrics);
}

} // namespace cfgd::cfgctl
