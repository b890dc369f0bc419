#include "daemon/health/schedule.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <utility>

// Times are counted from the start of a run, so that checks with the same interval stay together
// and wake the machine once. A check that takes longer than its interval rests for one.
//
// A ticket is the number of the last run of any check: whatever begins later has a larger one. So a
// run that was under way when somebody asked does not count for him.

namespace cfgd::health {

void schedule::add(std::string name, pace how, time first) {
  [[maybe_unused]] bool const fresh =
      checks_.emplace(std::move(name), entry{.how = how, .due = first, .started = {}}).second;
  BOOST_ASSERT(fresh);
}

void schedule::remove(std::string_view name) {
  auto const found = checks_.find(name);
  if (found != checks_.end()) checks_.erase(found);
}

std::vector<schedule::start> schedule::take_due(time now) {
  std::vector<start> due;
  for (auto& [name, one] : checks_) {
    if (one.run != 0 || one.due > now) continue;
    one.run = ++runs_;
    one.started = now;
    due.push_back({name, one.run, std::exchange(one.asked, std::nullopt).has_value()});
  }
  return due;
}

std::vector<std::string> schedule::take_overdue(time now) {
  std::vector<std::string> late;
  for (auto& [name, one] : checks_) {
    if (one.run == 0 || one.overdue || now < one.started + one.how.limit) continue;
    one.overdue = true;
    late.push_back(name);
  }
  return late;
}

bool schedule::awaits(std::string_view name, number run) const {
  auto const found = checks_.find(name);
  return run != 0 && found != checks_.end() && found->second.run == run;
}

bool schedule::finish(std::string_view name, number run, time now, outlook next) {
  if (!awaits(name, run)) return false;
  auto& one = checks_.find(name)->second;
  auto const rest =
      next == outlook::in_doubt ? std::min(one.how.interval, confirmation) : one.how.interval;
  one.last_done = run;
  one.run = 0;
  one.overdue = false;
  one.due = one.started + rest;
  if (one.due < now) one.due = now + rest;
  if (one.asked) one.due = std::max(now, *one.asked);
  return true;
}

schedule::number schedule::ask(std::string_view name, time now) {
  auto const found = checks_.find(name);
  if (found == checks_.end()) return runs_;
  found->second.asked = now;
  found->second.due = now;
  return runs_;
}

schedule::number schedule::refresh(std::string_view name, time now) {
  auto const found = checks_.find(name);
  if (found == checks_.end()) return runs_;
  auto& one = found->second;
  auto const soonest = std::max(now, one.started + refresh_spacing);
  one.asked = std::min(one.asked.value_or(soonest), soonest);
  one.due = std::min(one.due, soonest);
  return runs_;
}

bool schedule::is_done(std::string_view name, number ticket) const {
  auto const found = checks_.find(name);
  return found == checks_.end() || found->second.overdue || found->second.last_done > ticket;
}

std::optional<schedule::time> schedule::next() const {
  std::optional<time> soonest;
  for (auto const& [name, one] : checks_) {
    if (one.overdue) continue;
    auto const at = one.run == 0 ? one.due : one.started + one.how.limit;
    if (!soonest || at < *soonest) soonest = at;
  }
  return soonest;
}

} // namespace cfgd::health
