#include "daemon/announcer.hpp"

#include "daemon/announce.hpp"
#include "daemon/deliveries.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

// A change is published in one handler of the loop, its answer leaves in a later one, which is
// posted by then. A handler that is posted with the change and posts itself again comes behind
// that, so lines are due when it comes back.

namespace cfgd {
namespace {

/// Whether the lines of its changes are all that is to be said, so that they can be said one by
/// one.
bool is_by_calls(engine::committed_change const& done) {
  if (done.changes.empty() || !done.transitions.empty() || done.without_effect.count != 0)
    return false;
  bool const own_warnings =
      std::ranges::any_of(done.changes, [](auto const& one) { return !one->warnings.empty(); });
  return (own_warnings || done.warnings.empty()) &&
         std::ranges::all_of(done.changes, [](auto const& one) { return one->from.path.empty(); });
}

} // namespace

void announcer::announce(engine::committed_change const& done) {
  // These lines are problems, too, and speak of the view as it is now: who is answered after the
  // change finds them.
  if (!done.transitions.empty()) cfgd::announce({.transitions = done.transitions}, now_);
  if (is_by_calls(done))
    for (auto const& one : done.changes)
      waiting_.push_back({.revision = one->revision, .changes = {one}});
  else
    waiting_.push_back({.revision = done.revision,
                        .changes = done.changes,
                        .warnings = done.warnings,
                        .without_effect = done.without_effect});
  if (waiting_.size() > most_waiting) write(waiting_.size() - most_waiting);
  if (!std::exchange(posted_, true)) boost::asio::post(loop_, [this] { run(); });
}

void announcer::write(std::size_t count) {
  for (; count > 0; --count)
    write_first();
}

void announcer::write_first() {
  auto const first = std::move(waiting_.front());
  waiting_.pop_front();
  due_ -= std::min<std::size_t>(due_, 1);
  cfgd::announce(first, now_);
}

void announcer::run() {
  using clock = std::chrono::steady_clock;
  auto const end = clock::now() + deliveries::slice;
  while (due_ > 0 && clock::now() < end)
    write_first();
  posted_ = !waiting_.empty();
  if (!posted_) return;
  if (due_ == 0) due_ = waiting_.size();
  boost::asio::post(loop_, [this] { run(); });
}

} // namespace cfgd
