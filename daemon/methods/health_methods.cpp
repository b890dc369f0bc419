#include "daemon/methods/health_methods.hpp"

#include "core/json.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>
#include <vector>

// A stream that does not read is told less, not more: of a check that changed meanwhile it gets the
// newest result, once, when there is room. So what waits for it is at most a name for each check.

namespace cfgd {
namespace {

namespace bj = boost::json;

std::string to_text(health::state overall, std::vector<health::report> const& reports) {
  bj::array list;
  for (auto const& one : reports)
    list.push_back(health::to_json(one));
  bj::object out{{"status", health::to_string(overall)}};
  out["checks"] = std::move(list);
  std::string text;
  json::append_compact(text, out);
  return text;
}

} // namespace

void health_methods::bind_to(ipc::server& server) {
  server.bind("io.cfgd.Service.Health", [this](ipc::call const& asked) { health(asked); });
  server.bind("io.cfgd.Service.RunChecks", [this](ipc::call const& asked) { run_checks(asked); });
  server.bind("io.cfgd.Service.WatchHealth",
              [this](ipc::call const& asked) { watch_health(asked); });
}

void health_methods::health(ipc::call const& asked) {
  asked.answer.reply(to_text(checks_.overall(), checks_.reports()));
}

void health_methods::run_checks(ipc::call const& asked) {
  if (auto const may = access_.authorize(asked.from, operation::administer, {}); !may) {
    refuse(asked, service_interface, may.error());
    return;
  }
  auto names = strings_of(asked.parameters, "names");
  for (auto const& name : names) {
    if (checks_.contains(name)) continue;
    std::string text;
    json::append_compact(text, bj::object{{"name", name}});
    asked.answer.fail("io.cfgd.Service.NoSuchCheck", text);
    return;
  }
  if (!asked.parameters.contains("names"))
    for (auto& one : checks_.reports())
      names.push_back(std::move(one.name));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  checks_.run_now(names, [this, names, answer = asked.answer] {
    auto reports = checks_.reports();
    std::erase_if(reports, [&](health::report const& one) {
      return !std::binary_search(names.begin(), names.end(), one.name);
    });
    answer.reply(to_text(checks_.overall(), reports));
  });
}

void health_methods::watch_health(ipc::call const& asked) {
  number const mine = ++last_;
  streams_.emplace(mine, stream{asked.answer, {}});
  asked.answer.on_closed([this, mine] { streams_.erase(mine); });
  asked.answer.on_drained([this, mine] { pump(mine); });
  asked.answer.reply_continues(to_text(checks_.overall(), checks_.reports()));
}

void health_methods::on_change(health::monitor::transition const& what) {
  std::vector<number> all;
  for (auto& [which, one] : streams_) {
    one.needs_resync.insert(what.now.name);
    all.push_back(which);
  }
  for (number const which : all)
    pump(which);
}

void health_methods::pump(number which) {
  auto const found = streams_.find(which);
  if (found == streams_.end()) return;
  auto& one = found->second;
  if (one.needs_resync.empty() || one.answer.queued_bytes() > bounds_.queue_soft_bytes) return;
  std::vector<health::report> news;
  for (auto const& name : std::exchange(one.needs_resync, {}))
    if (auto const* const report = checks_.find(name)) news.push_back(*report);
  auto const answer = one.answer;
  if (!news.empty()) answer.reply_continues(to_text(checks_.overall(), news));
}

} // namespace cfgd
