/// The blocking client's calls about the health of the service. As connection_history.cpp, on
/// call() and call_more() alone.

#include "client/connection.hpp"
#include "client/detail/decode.hpp"
#include "client/detail/failures.hpp"

#include <utility>

namespace cfgd::client {

using detail::decoded;

result<health_report> connection::health() {
  return decoded(call("io.cfgd.Service.Health"), detail::decode_health);
}

result<health_report> connection::run_checks(std::vector<std::string> const& names) {
  return decoded(call("io.cfgd.Service.RunChecks", detail::check_parameters(names)),
                 detail::decode_health);
}

result<void>
connection::watch_health(std::function<step(health_report const& report)> const& on_report) {
  std::optional<call_error> bad;
  bool left = false;
  auto const limit = time_limit();
  auto const take = [&](boost::json::object& reply) {
    auto const report = detail::decode_health(std::move(reply));
    if (!report) {
      bad = report.error();
      return step::stop;
    }
    // A check may keep its status for as long as it likes.
    set_time_limit(std::chrono::milliseconds(0));
    left = on_report(*report) == step::stop;
    return left ? step::stop : step::more;
  };
  auto done = call_more("io.cfgd.Service.WatchHealth", {}, take);
  set_time_limit(limit);
  if (bad) return std::move(*bad);
  if (done && !left) return detail::closed("the service ended the watch");
  return done;
}

result<problem_report> connection::problems(problem_query const& query) {
  return decoded(call("io.cfgd.Service.Problems", detail::parameters_of(query)),
                 detail::decode_problems);
}

result<void> connection::clear_problems() {
  return decoded(call("io.cfgd.Service.ClearProblems"), detail::decode_nothing);
}

result<std::string> connection::metrics() {
  auto reply = call("io.cfgd.Service.Metrics");
  if (!reply) return std::move(reply).error();
  return detail::decode_text(std::move(*reply), "text");
}

} // namespace cfgd::client
