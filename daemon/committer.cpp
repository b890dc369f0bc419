#include "daemon/committer.hpp"

#include "daemon/problems/problems_report.hpp"
#include "daemon/scheduling.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>
#include <optional>
#include <utility>

// In each turn the thread takes the changes that wait, which make one transaction: the longer a
// commit takes the more requests the next one has (group commit). Changes of clients fill a group
// up to a time, users in turn, so that the thousand changes of one delay the one of another by a
// group. Then it makes a snapshot for the thread that answers queries, if that wants one, and runs
// one query of its own, so that many queries do not keep a change waiting. Results go to the loop
// in the order of the work (deliveries.hpp), each after the publication of its change: a caller
// that was answered finds its own change in the cache.

namespace cfgd {
namespace {

namespace asio = boost::asio;
using watchers::observation;

error too_many(std::string const& message, std::string name, std::size_t used, std::size_t most) {
  return {.code = errc::limit,
          .message = message,
          .subject = std::move(name),
          .used = used,
          .maximum = most};
}

/// Of the time of a group, what a user's changes take before the next user has its turn.
constexpr int turns_in_a_group = 20;
constexpr std::chrono::microseconds shortest_turn{50};

} // namespace

committer::committer(asio::any_io_executor loop, std::unique_ptr<store::config_store> store,
                     limits const& bounds, publisher publish)
    : loop_(std::move(loop)), guard_(loop_), store_(std::move(store)), bounds_(bounds),
      publish_(std::move(publish)), fallbacks_(find_fallbacks(store_->sources())),
      access_(store_->access()), results_(loop_),
      client_changes_(std::max<requests_of_clients::cost>(
          requests_of_clients::cost(bounds.commit_group) / turns_in_a_group, shortest_turn)),
      thread_([this] { run(); }) {}

committer::~committer() {
  {
    std::lock_guard const locked(mutex_);
    std::move(submitted_.begin(), submitted_.end(), std::back_inserter(changes_));
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void committer::submit(engine::request request, finished done) {
  accept(write{{}, std::move(request), std::move(done)});
}

void committer::submit(asker who, engine::request request, finished done) {
  accept(write{{}, std::move(request), std::move(done), std::move(who)});
}

void committer::accept(write what) {
  submitted_.push_back(std::move(what));
  if (!std::exchange(handing_over_, true)) asio::post(loop_, [this] { hand_over(); });
}

void committer::hand_over() {
  handing_over_ = false;
  if (submitted_.empty()) return;
  std::vector<std::pair<finished, error>> refused; // answered outside of the lock
  {
    std::lock_guard const locked(mutex_);
    for (auto& one : submitted_) {
      if (!one.who) {
        changes_.push_back(std::move(one));
      } else if (auto why = refusal_of(*one.who)) {
        refused.emplace_back(std::move(one.done), *std::move(why));
      } else {
        requests_of_clients::user const whose{.uid = one.who->uid,
                                              .is_privileged = one.who->is_privileged};
        client_changes_.push(whose, std::move(one));
      }
    }
  }
  submitted_.clear();
  wake_.notify_one();
  for (auto const& [done, why] : refused)
    done(engine::decision(why));
}

std::optional<error> committer::refusal_of(asker const& who) const {
  auto const mine = client_changes_.size_of(who.uid);
  if (mine >= bounds_.changes_waiting_per_uid)
    return too_many("too many changes of user " + std::to_string(who.uid) + " wait",
                    "changes_waiting_per_uid", mine, bounds_.changes_waiting_per_uid);
  auto const all = client_changes_.size();
  if (all >= bounds_.changes_waiting && !who.is_privileged)
    return too_many("too many changes wait", "changes_waiting", all, bounds_.changes_waiting);
  return std::nullopt;
}

bool committer::has_room(uid_t uid) const {
  // The other half is for first calls of connections, which cannot wait there.
  std::lock_guard const locked(mutex_);
  return client_changes_.size_of(uid) + submitted_.size() < bounds_.changes_waiting_per_uid / 2 &&
         client_changes_.size() + submitted_.size() < bounds_.changes_waiting / 2;
}

void committer::drop_gone() {
  // A connection that ends calls it once for each of its changes.
  if (std::exchange(dropping_, true)) return;
  asio::post(loop_, [this] { drop_all_gone(); });
}

void committer::drop_all_gone() {
  dropping_ = false;
  std::vector<write> dropped; // ended outside of the lock
  std::vector<client_read> unread;
  std::lock_guard const locked(mutex_);
  dropped =
      client_changes_.remove_if([](write const& one) { return one.who->gone.stop_requested(); });
  unread =
      client_questions_.remove_if([](client_read const& one) { return one.gone.stop_requested(); });
}

result<std::shared_ptr<store::snapshot const>>
committer::snapshot_now(std::chrono::steady_clock::time_point until) {
  std::unique_lock locked(mutex_);
  auto const mine = ++snapshots_wanted_;
  wake_.notify_one();
  if (snapshot_made_.wait_until(locked, until, [&] { return snapshots_made_ >= mine; }))
    return snapshot_;
  return error{.code = errc::store_failed, .message = "the store does not answer"};
}

void committer::submit(std::vector<observation> observed, std::vector<engine::source_update> extra,
                       engine::grouping how, finished done) {
  engine::file_change batch{.updates = std::move(extra), .how = how};
  accept(write{std::move(observed), std::move(batch), std::move(done)});
}

void committer::stop(std::function<void()> done) {
  query(
      [](store::config_store& store) {
        store.finish_copies();
        return store.revision();
      },
      [this, done = std::move(done)](result<revision_number> const&) {
        guard_.reset();
        done();
      });
}

void committer::refresh() {
  query(
      [this](store::config_store&) {
        take_over();
        return true;
      },
      [](result<bool> const&) {});
}

void committer::take_over() {
  auto foreign = store_->refresh();
  if (foreign.empty()) return;
  auto without_values = take_new_fallbacks();
  if (store_->has_retryable()) enqueue(write{{}, engine::file_change{}, {}});
  deliver([this, foreign = std::move(foreign), without_values = std::move(without_values)] {
    for (auto const& one : foreign)
      publish_({one, without_values});
  });
}

void committer::make_snapshot(std::uint64_t number) {
  result<std::shared_ptr<store::snapshot const>> made = error{};
  if (auto failed = guarded([&] {
        take_over();
        made = store_->take_snapshot();
      }))
    made = *std::move(failed);
  results_.send(); // whoever has the snapshot sends its own answers behind it
  {
    std::lock_guard const locked(mutex_);
    snapshot_ = std::move(made);
    snapshots_made_ = number;
  }
  snapshot_made_.notify_all();
}

void committer::enqueue(write what) {
  {
    std::lock_guard const locked(mutex_);
    changes_.push_back(std::move(what));
  }
  wake_.notify_one();
}

void committer::enqueue(read what, std::optional<asker> by) {
  hand_over(); // it sees what was submitted before
  {
    std::lock_guard const locked(mutex_);
    if (by)
      client_questions_.push({.uid = by->uid, .is_privileged = by->is_privileged},
                             {std::move(what), std::move(by->gone)});
    else
      questions_.push_back(std::move(what));
  }
  wake_.notify_one();
}

std::size_t committer::waiting() const {
  std::lock_guard const locked(mutex_);
  return submitted_.size() + changes_.size() + client_changes_.size() + questions_.size() +
         client_questions_.size();
}

void committer::note_use(use what, bool failed) {
  if (failed)
    failing_.insert(what);
  else if (failing_.erase(what) != 0 && failing_.empty())
    report_over("store_failed", "the store works again");
}

void committer::publish_access() {
  auto newest = store_->access();
  if (newest == access_) return;
  access_ = newest;
  deliver([this, newest = std::move(newest)] {
    if (on_access_) on_access_(newest);
  });
}

void committer::report_loss() {
  auto const lost = store_->take_loss();
  if (!lost) return;
  report("store_lost", *lost);
  deliver([this] {
    ++figures_.losses;
    if (on_failure_) on_failure_();
  });
}

void committer::run() {
  run_promptly(); // somebody waits for each change
  while (auto next = take_turn()) {
    auto const began = std::chrono::steady_clock::now();
    commit(std::move(next->changes));
    results_.send();
    settle(*next, std::chrono::steady_clock::now() - began);
    if (next->snapshot != 0) make_snapshot(next->snapshot);
    auto const asked = std::chrono::steady_clock::now();
    if (next->question) next->question(*store_);
    if (next->reader) {
      auto const took = std::chrono::steady_clock::now() - asked;
      std::lock_guard const locked(mutex_);
      client_questions_.settle(next->reader->first, next->reader->second, took);
    }
    publish_access(); // a question may have read what another process has committed
    report_loss();
    results_.send();
  }
}

std::optional<committer::turn> committer::take_turn() {
  std::unique_lock locked(mutex_);
  auto const has_work = [this] {
    return !changes_.empty() || !client_changes_.empty() || !questions_.empty() ||
           !client_questions_.empty() || snapshots_wanted_ != snapshots_made_;
  };
  wake_.wait(locked, [&] { return stopping_ || has_work(); });
  if (!has_work()) return std::nullopt;
  turn next;
  take_changes(next);
  if (snapshots_wanted_ != snapshots_made_) next.snapshot = snapshots_wanted_;
  if (!questions_.empty()) {
    next.question = std::move(questions_.front());
    questions_.pop_front();
  } else if (auto asked = client_questions_.take()) {
    next.question = std::move(asked->what.what);
    next.reader.emplace(asked->whose, asked->expected);
  }
  return next;
}

/// All changes of the daemon, and of clients about as many as a group may take.
void committer::take_changes(turn& into) {
  into.changes = std::exchange(changes_, {});
  requests_of_clients::cost expected{};
  while (expected < bounds_.commit_group) {
    auto next = client_changes_.take();
    if (!next) return;
    if (next->what.who->gone.stop_requested()) continue;
    expected += next->expected;
    into.clients.emplace_back(next->whose, next->expected);
    into.changes.push_back(std::move(next->what));
  }
}

void committer::settle(turn const& done, requests_of_clients::cost spent) {
  if (done.clients.empty()) return;
  auto const each = spent / static_cast<int>(done.clients.size());
  std::lock_guard const locked(mutex_);
  for (auto const& [whose, expected] : done.clients)
    client_changes_.settle(whose, expected, each);
}

std::optional<error> committer::guarded(std::function<void()> const& work, use what) {
  try {
    work();
    note_use(what, false);
    return std::nullopt;
  } catch (std::exception const& broken) {
    report("store_failed", std::string("the store failed: ") + broken.what());
    note_use(what, true);
    return error{.code = errc::store_failed, .message = broken.what()};
  }
}

} // namespace cfgd
