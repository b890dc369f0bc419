#include "core/time.hpp"
#include "daemon/announce.hpp"
#include "daemon/deadlines.hpp"
#include "daemon/service.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

// How the parts work together while the service runs: observed files go to the committer, and again
// after a failure; what is committed is published to readers, watchers, the log and systemd.
//
// One timer serves everything that waits for a time: pending changes, the end of an edit, bookmarks
// of watchers. What is due when, and what has to be committed again, is decided by classes without
// I/O (deadlines, unrecorded_changes, pending_changes, feed).

namespace cfgd {
namespace {

namespace asio = boost::asio;
using watchers::source_watcher;

constexpr std::chrono::seconds retry_pause{1};
/// What consumers have acknowledged is kept at most so often.
constexpr std::chrono::seconds consumers_pause{1};
/// Watches whose rights are looked at in one turn of the loop.
constexpr std::size_t watches_in_a_turn = 64;
/// So many commits of the first look may fail before the service is ready without them.
constexpr unsigned start_attempts = 5;

} // namespace

void service::take(std::vector<watchers::observation> observed) {
  if (unrecorded_.collect_first_look(observed) || edits_.hold(observed)) return;
  // Until the service is ready they are the rest of the first look.
  record(std::move(observed),
         ready_ ? engine::grouping::one_change : engine::grouping::change_per_namespace, {});
}

void service::record(std::vector<watchers::observation> observed, engine::grouping how,
                     committer::finished done) {
  auto begun = unrecorded_changes::begin(observed);
  auto environment = unrecorded_.environment();
  committer_.submit(std::move(observed), std::move(environment), how,
                    [this, begun = std::move(begun),
                     done = std::move(done)](engine::decision const& made) mutable {
                      note_recorded(std::move(begun), made);
                      if (done) done(made);
                    });
}

void service::note_recorded(unrecorded_changes::attempt begun, engine::decision const& made) {
  if (made) {
    unrecorded_.succeeded(begun);
  } else {
    unrecorded_.failed(std::move(begun), made.error());
    retry_later(made.error());
  }
  auto failure = unrecorded_.failure();
  if (view_.unrecorded() && !failure)
    report_over("not_recorded", "changes of files are recorded again");
  if (view_.unrecorded() != failure) view_.note_unrecorded(std::move(failure));
  health_.look_at_inputs();
  try_ready(made ? recorded::yes : recorded::no);
}

void service::try_ready(recorded what) {
  if (ready_ || !looked_) return;
  if (what == recorded::no) ++failed_starts_;
  // Where the disk stays broken, the values of the last run are better than none.
  if (!unrecorded_.failure() || failed_starts_ >= start_attempts) become_ready();
}

void service::retry_later(error const& why) {
  report("not_recorded", "changes of files could not be recorded: " + why.message);
  if (retrying_) return;
  retrying_ = true;
  tasks_.spawn("retry", retry());
}

asio::awaitable<void> service::retry() {
  retry_.expires_after(retry_pause);
  auto const [cancelled] = co_await retry_.async_wait(asio::as_tuple(asio::use_awaitable));
  retrying_ = false;
  if (cancelled) co_return;
  if (auto waiting = unrecorded_.take_retry())
    record(*std::move(waiting), engine::grouping::one_change, {});
  files_.look_now(source_watcher::depth::all, [] {});
}

void service::publish(committer::publication const& news) {
  auto const& done = news.what;
  view_.publish(done);
  if (news.without_values) view_.publish(*news.without_values);
  for (auto const& one : done.changes)
    watches_.on_change(one);
  if (done.needs_resync) watches_.resync();
  if (done.without_effect.count != 0) watches_.on_hidden(done.without_effect, view_.revision());
  lines_.announce(done);
  if (done.pending) until_applied_.follow(*done.pending);
  health_.look_at_inputs();
  supervisor_.status_changed();
  wake();
}

void service::rights_changed() {
  watches_.rights_changed();
  if (std::exchange(checking_rights_, true)) return;
  asio::post(loop_, [this] { check_rights(); });
}

void service::check_rights() {
  checking_rights_ = !watches_.check_rights(watches_in_a_turn);
  if (checking_rights_) asio::post(loop_, [this] { check_rights(); });
}

asio::awaitable<void> service::keep_time() {
  auto const state = co_await asio::this_coro::cancellation_state;
  while (state.cancelled() == asio::cancellation_type::none) {
    clock_.expires_at(act());
    // An early end means that something is due earlier, or cancellation: checked by the loop.
    co_await clock_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

void service::wake() {
  if (next_due() < clock_.expiry()) clock_.cancel();
}

std::chrono::steady_clock::time_point service::act() {
  edits_.end_overdue(std::chrono::steady_clock::now());
  for (auto const& one : view_.pending().take_due(wall_now()))
    expire_pending(one, view_.pending().reason(one.revision));
  watches_.send_bookmarks(std::chrono::steady_clock::now());
  consumers_.end_overdue(std::chrono::steady_clock::now());
  look_at_consumers();
  return next_due();
}

std::chrono::steady_clock::time_point service::next_due() {
  deadlines const waiting{.pending_change = view_.pending().next(),
                          .edit = edits_.ends_at(),
                          .bookmark = watches_.next_bookmark(),
                          .wait = consumers_.next_end(),
                          .consumer = consumers_.next_late(late_after())};
  return waiting.next(wall_now(), std::chrono::steady_clock::now());
}

void service::expire_pending(engine::pending_change const& what, std::string const& reason) {
  committer_.submit(engine::pending_request{.revision = what.revision,
                                            .what = engine::pending_request::action::end},
                    [this, what, reason](engine::decision const& ended) {
                      if (ended) {
                        announce_end(what, ended, reason);
                        return;
                      }
                      if (ended.error().code == errc::not_found) return; // confirmed meanwhile
                      bool const is_refused = ended.error().code == errc::invalid;
                      auto const again =
                          wall_now() + (is_refused ? pending_changes::pause : retry_pause);
                      if (view_.pending().postpone(what.revision, again))
                        announce_end(what, ended, reason);
                      wake();
                    });
}

void service::confirm_applied(revision_number revision, std::string const& reason) {
  committer_.submit(engine::pending_request{.revision = revision,
                                            .what = engine::pending_request::action::confirm},
                    [revision, reason](engine::decision const& made) {
                      // Otherwise it has ended meanwhile, or ends at its deadline.
                      if (made) announce_confirmed(revision, reason);
                    });
}

until_applied::parts service::until_applied_parts() {
  return {.programs = consumers_,
          .history = queries_,
          .check = [this](std::function<void()> done) { check_health(std::move(done)); },
          .confirm = [this](revision_number revision,
                            std::string const& reason) { confirm_applied(revision, reason); },
          .undo =
              [this](engine::pending_change const& what, std::string const& reason) {
                view_.pending().end_early(what.revision, reason);
                expire_pending(what, reason);
              }};
}

// All but the check that reads the whole store.
void service::check_health(std::function<void()> done) {
  std::vector<std::string> names;
  auto const all = health_.checks().reports();
  names.reserve(all.size());
  for (auto const& one : all)
    if (one.name != to_string(health::built_in::integrity)) names.push_back(one.name);
  if (names.empty()) return done();
  health_.checks().run_now(std::move(names), std::move(done));
}

void service::look_at_consumers() {
  auto const now = std::chrono::steady_clock::now();
  for (auto const& [name, uid] : consumers_.take_recovered())
    if (is_privileged(uid) || !consumers_.has_trouble(uid, consumers::trouble::late))
      announce_recovered({name, uid}, "consumer_late");
  for (auto const& name : consumers_.take_late(late_after(), now))
    announce_late({name, consumers_.find(name)->uid}, late_after());
  if (!consumers_.is_changed() || now < consumers_due_) return;
  consumers_due_ = now + consumers_pause;
  save_consumers([] {});
}

void service::save_consumers(std::function<void()> done) {
  if (!consumers_.is_changed()) return done();
  consumers_.set_changed(false);
  committer_.query(
      [record = consumers_.encode()](store::config_store& store) {
        store.keep_consumers(record);
        return true;
      },
      [this, done = std::move(done)](result<bool> const& kept) {
        if (!kept) consumers_.set_changed(true); // the log has the failure of the store
        done();
      });
}

} // namespace cfgd
