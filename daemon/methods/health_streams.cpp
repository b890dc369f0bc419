#include "daemon/methods/health_streams.hpp"

#include "core/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <utility>
#include <vector>

// A peer that does not read gets less, not more: of a check that changed meanwhile it gets the
// newest result, once, when there is room. So at most one name for each check waits for it.

namespace cfgd {

std::string health_text(health::state overall, std::vector<health::report> const& reports) {
  boost::json::array list;
  for (auto const& one : reports)
    list.push_back(health::to_json(one));
  boost::json::object out{{"status", health::to_string(overall)}};
  out["checks"] = std::move(list);
  std::string text;
  json::append_compact(text, out);
  return text;
}

std::vector<health::report> shown_to(visible_namespaces const& may_read,
                                     std::vector<health::report> all) {
  if (may_read.everything()) return all;
  for (auto& one : all)
    one.found = {.what = one.found.what, .message = "the details are not visible to you"};
  return all;
}

void health_streams::start(ipc::responder const& answer, visible_namespaces may_read) {
  number const mine = ++last_;
  auto const first = health_text(checks_.overall(), shown_to(may_read, checks_.reports()));
  streams_.emplace(mine, stream{answer, std::move(may_read), {}});
  answer.on_closed([this, mine] { streams_.erase(mine); });
  answer.on_drained([this, mine] { pump(mine); });
  answer.reply_continues(first);
}

void health_streams::on_change(health::monitor::transition const& what) {
  std::vector<number> all;
  for (auto& [which, one] : streams_) {
    one.needs_resync.insert(what.now.name);
    all.push_back(which);
  }
  for (number const which : all)
    pump(which);
}

void health_streams::pump(number which) {
  auto const found = streams_.find(which);
  if (found == streams_.end()) return;
  auto& one = found->second;
  if (one.needs_resync.empty() || one.answer.queued_bytes() > bounds_.queue_soft_bytes) return;
  std::vector<health::report> news;
  for (auto const& name : std::exchange(one.needs_resync, {}))
    if (auto const* const report = checks_.find(name)) news.push_back(*report);
  news = shown_to(one.may_read, std::move(news));
  auto const answer = one.answer;
  if (!news.empty()) answer.reply_continues(health_text(checks_.overall(), news));
}

} // namespace cfgd
