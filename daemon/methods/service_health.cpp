#include "daemon/methods/handlers.hpp"
#include "daemon/methods/parameters.hpp"
#include "ipc/interface_table.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

// Health checks: their latest results, running them, and the stream of changes.

namespace cfgd::methods {

void show_health(method_context& with, authorized_call const& asked) {
  // A check whose input has just changed runs before it is reported.
  with.checks.when_current([&with, answer = asked.answer, may_read = asked.by.visible()] {
    answer.reply(health_text(with.checks.overall(), shown_to(may_read, with.checks.reports())));
  });
}

void run_checks(method_context& with, authorized_call const& asked) {
  auto names = strings_of(asked.parameters, "names");
  for (auto const& name : names)
    if (!with.checks.contains(name))
      return asked.answer.fail("io.cfgd.Service.NoSuchCheck", ipc::one_parameter("name", name));
  if (!asked.parameters.contains("names"))
    for (auto& one : with.checks.reports())
      names.push_back(std::move(one.name));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  with.checks.run_now(names, [&with, names, answer = asked.answer] {
    auto reports = with.checks.reports();
    std::erase_if(reports, [&](health::report const& one) {
      return !std::binary_search(names.begin(), names.end(), one.name);
    });
    answer.reply(health_text(with.checks.overall(), reports));
  });
}

void watch_health(method_context& with, authorized_call const& asked) {
  with.health.start(asked.answer, asked.by.visible());
}

} // namespace cfgd::methods
