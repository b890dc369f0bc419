#include "daemon/committer.hpp"

#include "daemon/problems/problems_report.hpp"
#include "daemon/systemd.hpp"
#include "watchers/credential_references.hpp"
#include "watchers/read_source.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>
#include <variant>

// In each turn the thread takes the changes that wait, which make one transaction: the longer a
// commit takes the more requests the next one has (group commit). Changes of clients fill a group
// up to a time, users in turn, so that the thousand changes of one delay the one of another by a
// group. Then it makes a snapshot for the thread that answers queries, if that wants one, and runs
// one query of its own, so that many queries do not keep a change waiting. Results go to the loop
// in the order of the work, each after the publication of its change: a caller that was answered
// finds its own change in the cache.
//
// Files that schemas or rules rejected are retried with every change of files. A change made by a
// call may be what they waited for; so an empty file change follows it where there are such files.

namespace cfgd {
namespace {

namespace asio = boost::asio;
using watchers::observation;

engine::source_status blocked_status(error const& why) {
  return why.code == errc::not_found ? engine::source_status::missing
                                     : engine::source_status::untrusted;
}

/// Parses the bytes of a source, unless that was done, and puts credentials in the place of
/// references to them. `hash` becomes that of no content if the document has any.
result<sourced_document> read_document(source_id const& id, observation::content& from,
                                       limits const& bounds, credential_values const& credentials,
                                       content_hash& hash) {
  auto document =
      from.document ? *std::move(from.document) : watchers::read_source(id, from.bytes, bounds);
  if (!document || id.what != source_kind::values || !watchers::has_credentials(*document))
    return document;
  hash = {};
  auto const resolved =
      watchers::resolve_credentials(*document, namespace_of(id).value_or(std::string_view()),
                                    [&](std::string_view name) { return credentials.find(name); });
  if (!resolved) return resolved.error();
  return document;
}

/// Converts an observation for the store; parses new content.
engine::source_update to_update(observation seen, limits const& bounds,
                                credential_values const& credentials) {
  engine::source_update update{.id = std::move(seen.id),
                               .path = std::move(seen.path),
                               .identity = seen.identity,
                               .what = engine::source_update::touched{}};
  if (auto* const content = std::get_if<observation::content>(&seen.what)) {
    update.hash = content->hash;
    auto document = read_document(update.id, *content, bounds, credentials, update.hash);
    if (document)
      update.what = engine::source_update::good{std::move(*document), std::move(content->bytes)};
    else
      update.what = engine::source_update::refused{std::move(content->bytes), document.error()};
  } else if (auto* const blocked = std::get_if<observation::blocked>(&seen.what)) {
    update.what = engine::source_update::blocked{blocked_status(blocked->why), blocked->why};
  } else if (auto* const gone = std::get_if<observation::gone>(&seen.what)) {
    update.what = engine::source_update::gone{.masked_by = std::move(gone->masked_by)};
  }
  return update;
}

/// Leaves out contents that equal the last ones seen, valid or not: after a reload everything is
/// observed again, and a file that was rejected before must not fail an edit of other files.
void drop_known(std::vector<observation>& observed, std::vector<engine::source_row> const& rows) {
  std::map<source_id, content_hash> known;
  for (auto const& row : rows)
    if (row.status == engine::source_status::active ||
        row.status == engine::source_status::quarantined)
      known.emplace(row.id, row.hash);
  std::erase_if(observed, [&](observation const& one) {
    auto const* const content = std::get_if<observation::content>(&one.what);
    auto const found = content == nullptr ? known.end() : known.find(one.id);
    return found != known.end() && found->second == content->hash;
  });
}

bool is_trial(engine::request const& what) {
  return std::visit(
      [](auto const& one) {
        if constexpr (requires { one.dry_run; })
          return one.dry_run;
        else
          return false;
      },
      what);
}

/// What a commit has to be followed by.
struct aftermath {
  bool sources_moved = false; ///< which namespaces have no values may have changed
  bool try_again = false;     ///< rejected files may be accepted now
};

aftermath find_aftermath(std::vector<engine::request> const& requests,
                         std::vector<engine::decision> const& outcomes, bool has_fallbacks) {
  aftermath found;
  for (std::size_t index = 0; index < requests.size(); ++index) {
    if (!outcomes[index] || is_trial(requests[index])) continue;
    bool const is_batch = std::holds_alternative<engine::file_change>(requests[index]);
    // A file that is good from its first day on makes no transition, and may end a fallback.
    found.sources_moved |= !outcomes[index]->transitions.empty() || (is_batch && has_fallbacks);
    found.try_again |= !is_batch && !outcomes[index]->effectives.empty();
  }
  return found;
}

/// Throws what the store says of a commit that has failed as a whole.
void throw_failure(std::vector<engine::decision> const& outcomes) {
  for (auto const& one : outcomes)
    if (!one && one.error().code == errc::store_failed)
      throw std::runtime_error(one.error().message);
}

error too_many(std::string const& message, std::string name, std::size_t used, std::size_t most) {
  return {.code = errc::limit,
          .message = message,
          .subject = std::move(name),
          .used = used,
          .maximum = most};
}

/// On this thread and only for writes: it reads from /proc, and few connections ever write.
void fill_in_unit(engine::request& what) {
  std::visit(
      [](auto& one) {
        if constexpr (requires { one.from; })
          one.from.unit = systemd::unit_of(one.from.pid.value_or(0));
      },
      what);
}

} // namespace

committer::committer(asio::any_io_executor loop, std::unique_ptr<store::config_store> store,
                     limits const& bounds, publisher publish)
    : loop_(std::move(loop)), guard_(loop_), store_(std::move(store)), bounds_(bounds),
      publish_(std::move(publish)), fallbacks_(find_fallbacks(store_->sources())),
      access_(store_->access()), thread_([this] { run(); }) {}

committer::~committer() {
  {
    std::lock_guard const locked(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void committer::submit(engine::request request, finished done) {
  enqueue(write{{}, std::move(request), std::move(done)});
}

void committer::submit(asker who, engine::request request, finished done) {
  std::optional<error> refused;
  {
    std::lock_guard const locked(mutex_);
    auto const all = client_changes_.size();
    auto const mine = client_changes_.size_of(who.uid);
    if (mine >= bounds_.changes_waiting_per_uid)
      refused = too_many("too many changes of user " + std::to_string(who.uid) + " wait",
                         "changes_waiting_per_uid", mine, bounds_.changes_waiting_per_uid);
    else if (all >= bounds_.changes_waiting && !who.is_privileged)
      refused = too_many("too many changes wait", "changes_waiting", all, bounds_.changes_waiting);
    if (!refused) {
      requests_of_clients::user const whose{.uid = who.uid, .is_privileged = who.is_privileged};
      client_changes_.push(whose, write{{}, std::move(request), std::move(done), std::move(who)});
      wake_.notify_one();
      return;
    }
  }
  done(engine::decision(*refused));
}

void committer::drop_gone() {
  std::vector<write> dropped; // ended outside of the lock
  std::vector<client_read> unread;
  std::lock_guard const locked(mutex_);
  dropped =
      client_changes_.remove_if([](write const& one) { return one.who.gone.stop_requested(); });
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
  enqueue(write{std::move(observed), std::move(batch), std::move(done)});
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
  return changes_.size() + client_changes_.size() + questions_.size() + client_questions_.size();
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

void committer::deliver(std::function<void()> message) { asio::post(loop_, std::move(message)); }

void committer::run() {
  while (auto next = take_turn()) {
    auto const began = std::chrono::steady_clock::now();
    commit(std::move(next->changes));
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

void committer::prepare(write& next) {
  auto* const batch = std::get_if<engine::file_change>(&next.request);
  if (batch == nullptr) {
    fill_in_unit(next.request);
    return;
  }
  if (batch->how == engine::grouping::all_or_none)
    (void)guarded([&] { drop_known(next.observed, store_->sources()); });
  for (auto& seen : next.observed)
    batch->updates.push_back(to_update(std::move(seen), bounds_, credentials_));
  next.observed.clear();
}

std::optional<fallbacks> committer::take_new_fallbacks() {
  auto newest = find_fallbacks(store_->sources());
  if (newest == fallbacks_) return std::nullopt;
  fallbacks_ = newest;
  return newest;
}

void committer::commit(std::vector<write> group) {
  if (group.empty()) return;
  std::vector<engine::request> requests;
  requests.reserve(group.size());
  for (auto& one : group) {
    prepare(one);
    requests.push_back(std::move(one.request));
  }

  std::vector<engine::decision> outcomes;
  auto const began = std::chrono::steady_clock::now();
  auto const failed = guarded(
      [&] {
        outcomes = store_->commit(requests, wall_now());
        throw_failure(outcomes);
      },
      use::write);
  if (failed && outcomes.empty()) outcomes.assign(group.size(), engine::decision(*failed));
  auto const took = std::chrono::steady_clock::now() - began;
  bool const is_done = !failed;
  deliver([this, took, is_done, count = requests.size()] {
    ++(is_done ? figures_.done : figures_.failed);
    figures_.requests += count;
    figures_.times.observe(took);
    if (!is_done && on_failure_) on_failure_();
  });

  auto const next = find_aftermath(requests, outcomes, !fallbacks_.empty());
  std::optional<fallbacks> without_values;
  if (next.sources_moved) (void)guarded([&] { without_values = take_new_fallbacks(); });
  if (next.try_again && store_->has_retryable()) enqueue(write{{}, engine::file_change{}, {}});

  publish_access(); // first: nobody may see a change by rights that it has taken away
  for (auto& foreign : store_->take_foreign())
    deliver([this, without_values, foreign = std::move(foreign)] {
      publish_({foreign, without_values});
    });
  for (std::size_t index = 0; index < group.size(); ++index) {
    bool const visible = outcomes[index].has_value() && !is_trial(requests[index]);
    deliver([this, visible, without_values, outcome = std::move(outcomes[index]),
             done = std::move(group[index].done)] {
      if (visible) publish_({*outcome, without_values});
      if (done) done(outcome);
    });
  }
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
