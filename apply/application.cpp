#include "apply/application.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <array>
#include <utility>

// The steps are a queue. A failure replaces what is left of it: by nothing of the target before
// files are replaced, by the way back afterwards. A failure on the way back is added to the reason,
// and the rest of the way is still taken.

namespace cfgd::apply {
namespace {

using enum step::kind;

constexpr std::array<std::string_view, 15> names{
    "find_unit", "write",        "check",   "keep",   "begin",
    "replace",   "begin_acting", "act",     "verify", "begin_restoring",
    "restore",   "act_again",    "discard", "end",    "finished"};

bool is_preparation(step::kind what) { return what < begin; }
bool is_way_back(step::kind what) { return what >= begin_restoring; }

} // namespace

std::string_view to_string(step::kind which) { return names.at(static_cast<std::size_t>(which)); }

application::application(std::vector<member> members)
    : members_(std::move(members)), failures_(members_.size()), live_(members_.size(), true) {}

application::application(std::vector<member> members, unit how) : application(std::move(members)) {
  for (std::size_t target = 0; target < members_.size(); ++target) {
    if (how == unit::acts) todo_.push_back({find_unit, target, 0});
    for (auto const what : {write, check, keep})
      for (std::size_t file = 0; file < members_[target].checked.size(); ++file)
        if (what != check || members_[target].checked[file]) todo_.push_back({what, target, file});
  }
  todo_.push_back({begin, 0, 0});
  for_each_live(step::kind::replace);
  add_acting(how);
}

application application::resumed(std::vector<member> members, unit how, phase at,
                                 std::string const& why) {
  application made(std::move(members));
  switch (at) {
  case phase::replacing: // the unit knows nothing of it
    made.restore(why);
    break;
  case phase::acting:
    made.add_acting(how);
    made.todo_.pop_front(); // that is recorded
    break;
  case phase::restoring:
    made.has_acted_ = how == unit::acts; // perhaps
    made.restore(why);
    made.todo_.pop_front();
    break;
  }
  return made;
}

void application::for_each_live(step::kind what) {
  for (std::size_t target = 0; target < members_.size(); ++target)
    for (std::size_t file = 0; live_[target] && file < members_[target].checked.size(); ++file)
      todo_.push_back({what, target, file});
}

void application::add_acting(unit how) {
  todo_.push_back({begin_acting, 0, 0});
  if (how == unit::acts) todo_.push_back({act, 0, 0});
  for (std::size_t target = 0; target < members_.size(); ++target)
    if (members_[target].verified) todo_.push_back({verify, target, 0});
  todo_.push_back({end, 0, 0});
}

void application::succeeded() {
  BOOST_ASSERT(!todo_.empty());
  has_acted_ |= todo_.front().what == act;
  todo_.pop_front();
}

void application::failed(std::string const& why) {
  BOOST_ASSERT(!todo_.empty());
  auto const at = todo_.front();
  has_acted_ |= at.what == act;
  todo_.pop_front();
  if (is_preparation(at.what)) return leave_out(at.target, why);
  if (at.what == begin) {
    todo_.clear();
    for (std::size_t target = 0; target < members_.size(); ++target)
      if (live_[target]) leave_out(target, why);
    return;
  }
  if (!is_way_back(at.what)) return restore(why);
  if (at.what == step::kind::restore || at.what == act_again)
    for (auto& one : failures_)
      if (one) one->append("\nand then: ").append(why);
}

void application::leave_out(std::size_t target, std::string const& why) {
  live_[target] = false;
  failures_[target] = why;
  std::erase_if(todo_, [&](step const& one) {
    bool const is_own = one.what != begin && one.what != begin_acting && one.what != act &&
                        one.what != end && one.what != discard;
    return is_own && one.target == target;
  });
  bool const any_left = std::ranges::find(live_, true) != live_.end();
  if (!any_left) std::erase_if(todo_, [](step const& one) { return one.what != discard; });
  todo_.push_front({discard, target, 0});
  if (!any_left) todo_.push_back({end, 0, 0});
}

void application::restore(std::string const& why) {
  restored_because_ = why;
  todo_.clear();
  for (std::size_t target = 0; target < members_.size(); ++target)
    if (live_[target]) failures_[target] = why;
  todo_.push_back({begin_restoring, 0, 0});
  for_each_live(step::kind::restore);
  if (has_acted_) todo_.push_back({act_again, 0, 0});
  todo_.push_back({end, 0, 0});
}

} // namespace cfgd::apply
