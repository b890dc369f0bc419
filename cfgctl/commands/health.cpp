/// health, problems, metrics.
///
/// `health` is also a monitoring plugin: whatever happens it has a line on standard output, and
/// ends with 0 to 3. A service that cannot be asked is unknown, not critical: who wants it to be
/// critical can say so in the monitoring, the other way round would not be possible.

#include "cfgctl/text/values.hpp"
#include "cfgctl/failure_report.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/health_text.hpp"
#include "client/detail/decode.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace cfgd::cfgctl {
namespace {

using client::detail::decode_health;
using client::detail::decode_problems;

/// The check of that name, or null.
boost::json::value const* find_check(boost::json::object const& reply, std::string_view name) {
  auto const* const all = reply.if_contains("checks");
  if (all == nullptr || !all->is_array()) return nullptr;
  for (auto const& one : all->get_array()) {
    auto const* const inner = one.if_object();
    auto const* const found = inner != nullptr ? inner->if_contains("name") : nullptr;
    if (found != nullptr && found->is_string() && found->get_string() == name) return &one;
  }
  return nullptr;
}

/// Those checks of a reply alone, with a status of their own. Errors: refused, as the service has
/// it if there is no such check.
client::result<boost::json::object> chosen_of(boost::json::object const& reply,
                                              std::vector<std::string> const& names) {
  boost::json::array checks;
  for (std::string const& name : names) {
    auto const* const found = find_check(reply, name);
    if (found == nullptr) {
      client::call_error why;
      why.kind = client::failure::refused;
      why.name = "io.cfgd.Service.NoSuchCheck";
      why.message = "there is no check '" + name + '\'';
      why.parameters["name"] = name;
      return why;
    }
    checks.push_back(*found);
  }
  boost::json::object out{{"status", ""}};
  out["checks"] = std::move(checks);
  auto copy = out;
  auto const told = decode_health(std::move(copy));
  if (!told) return told.error();
  out["status"] = worst_status(told->checks);
  return out;
}

client::result<boost::json::object> fetch(context const& all, health_command const& what) {
  auto service = connect(all);
  if (!service) return service.error();
  auto reply = what.run ? service->call("io.cfgd.Service.RunChecks",
                                        client::detail::check_parameters(what.checks))
                        : service->call("io.cfgd.Service.Health");
  if (!reply || what.checks.empty()) return reply;
  return chosen_of(*reply, what.checks);
}

/// Leaves what is over out of a reply.
void drop_resolved(boost::json::object& reply) {
  auto* const list = reply.if_contains("problems");
  if (list == nullptr || !list->is_array()) return;
  auto const is_over = [](boost::json::value const& one) {
    auto const* const inner = one.if_object();
    auto const* const resolved = inner != nullptr ? inner->if_contains("resolved") : nullptr;
    return resolved != nullptr && !resolved->is_null();
  };
  auto& all = list->get_array();
  all.erase(std::remove_if(all.begin(), all.end(), is_over), all.end());
}

/// Leaves all but the first `limit` out.
void keep_first(boost::json::object& reply, std::int64_t limit) {
  auto* const list = reply.if_contains("problems");
  if (list == nullptr || !list->is_array()) return;
  auto& all = list->get_array();
  all.resize(std::min(all.size(), static_cast<std::size_t>(limit)));
}

} // namespace

exit_code run(context const& all, health_command const& what) {
  bool const as_json = all.asked.format == output_format::json;
  auto reply = fetch(all, what);
  std::string text;
  if (reply && as_json) text = json_text(all.where, *reply);
  auto const told = reply ? decode_health(std::move(*reply)) : reply.error();
  if (!told) {
    std::string const line = plugin_unknown(failure_line(told.error()));
    as_json ? complain(line) : print(line);
    return plugin_code("unknown");
  }
  print(as_json ? text : health_text(all.where, *told, wall_now()));
  return plugin_code(told->status);
}

exit_code run(context const& all, problems_command const& what) {
  if (what.clear) {
    return ask(
        all,
        {.what = "problems --clear", .method = "io.cfgd.Service.ClearProblems", .parameters = {}},
        [](auto&&) -> client::result<std::string> { return std::string("cleared\n"); });
  }
  client::problem_query query;
  query.kind = what.kind;
  // What is over counts as well there, and is left out here.
  if (!what.open) query.limit = what.limit;
  auto service = connect(all);
  if (!service) return report("problems", service.error());
  auto reply = service->call("io.cfgd.Service.Problems", client::detail::parameters_of(query));
  if (!reply) return report("problems", reply.error());
  if (what.open) {
    drop_resolved(*reply);
    if (what.limit) keep_first(*reply, *what.limit);
  }
  if (all.asked.format == output_format::json) {
    print(json_text(all.where, std::move(*reply)));
    return exit_code::ok;
  }
  auto const told = decode_problems(std::move(*reply));
  if (!told) return report("problems", told.error());
  print(problems_text(all.where, *told, wall_now()));
  return exit_code::ok;
}

exit_code run(context const& all, metrics_command const&) {
  return ask(all, {.what = "metrics", .method = "io.cfgd.Service.Metrics", .parameters = {}},
             [](boost::json::object&& reply) {
               return client::detail::decode_text(std::move(reply), "text");
             });
}

} // namespace cfgd::cfgctl
