#include "daemon/query_thread.hpp"

#include "daemon/problems/problems_report.hpp"
#include "daemon/scheduling.hpp"

#include <boost/asio/post.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

// A question is answered from a snapshot of what the committer has in memory, and a read
// transaction of this thread. The snapshot is used until a later transaction was committed; then
// the committer is asked for another one, between two commits. It has published everything that is
// in a snapshot before it hands it out, so an answer reaches the loop behind what it has seen.
//
// A question ends at its time limit, when its asker has gone, or with the service: the store calls
// a check whenever it moves in the history, and schemas do. The check throws, because the code
// between has no other use for it.

namespace cfgd {
namespace {

/// Thrown by the check of a question.
enum class cut_off : std::uint8_t { too_long, gone };

error too_many(std::string const& message, std::string name, std::size_t used, std::size_t most) {
  return {.code = errc::limit,
          .message = message,
          .subject = std::move(name),
          .used = used,
          .maximum = most};
}

} // namespace

query_thread::query_thread(boost::asio::any_io_executor loop,
                           std::unique_ptr<store::history_reader> reader, committer& writer,
                           limits const& bounds, std::function<void()> lost)
    : loop_(std::move(loop)), guard_(loop_), reader_(std::move(reader)), writer_(writer),
      bounds_(bounds), lost_(std::move(lost)), thread_([this] { run(); }) {}

query_thread::~query_thread() { stop(); }

void query_thread::stop() {
  {
    std::lock_guard const locked(mutex_);
    ending_.request_stop();
    waiting_.remove_if([](question const&) { return true; });
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  guard_.reset();
}

std::optional<error> query_thread::refusal_of(question const& what) const {
  auto const all = waiting_.size();
  auto const mine = waiting_.size_of(what.who.uid);
  if (mine >= bounds_.queries_waiting_per_uid)
    return too_many("too many questions of user " + std::to_string(what.who.uid) + " wait",
                    "queries_waiting_per_uid", mine, bounds_.queries_waiting_per_uid);
  if (all >= bounds_.queries_waiting && !what.who.is_privileged)
    return too_many("too many questions wait", "queries_waiting", all, bounds_.queries_waiting);
  return std::nullopt;
}

void query_thread::add(question what) {
  queue::user const whose{.uid = what.who.uid, .is_privileged = what.who.is_privileged};
  std::unique_lock locked(mutex_);
  if (ending_.stop_requested()) return;
  if (auto const refused = refusal_of(what)) {
    locked.unlock();
    what.finish(refused);
    return;
  }
  waiting_.push(whose, std::move(what));
  locked.unlock();
  wake_.notify_one();
}

void query_thread::drop_gone() {
  std::vector<question> dropped; // ended outside of the lock
  std::lock_guard const locked(mutex_);
  dropped = waiting_.remove_if([](question const& one) { return one.who.gone.stop_requested(); });
}

std::size_t query_thread::waiting() const {
  std::lock_guard const locked(mutex_);
  return waiting_.size();
}

std::optional<query_thread::queue::piece> query_thread::take() {
  std::unique_lock locked(mutex_);
  wake_.wait(locked, [this] { return ending_.stop_requested() || !waiting_.empty(); });
  return ending_.stop_requested() ? std::nullopt : waiting_.take();
}

void query_thread::run() {
  give_way(); // who asks for history waits rather than a change or a Get
  while (auto next = take()) {
    auto const began = clock::now();
    auto failed = answer(next->what);
    {
      std::lock_guard const locked(mutex_);
      waiting_.settle(next->whose, next->expected, clock::now() - began);
    }
    // Also what was dropped goes to the loop: its callbacks may own things of the loop.
    boost::asio::post(loop_, [this, failed = std::move(failed), what = std::move(next->what)] {
      // What it has seen was sent to the loop before, but perhaps not yet published.
      writer_.after_deliveries([this, failed, what] {
        if (what.who.gone.stop_requested()) return;
        what.finish(failed);
        if (failed && failed->code == errc::store_failed) lost_();
      });
    });
  }
}

std::optional<error> query_thread::answer(question const& what) {
  auto const began = clock::now();
  try {
    return read(what, began + bounds_.query_time);
  } catch (cut_off const& why) {
    if (why == cut_off::gone) return error{.code = errc::closed, .message = "nobody waits for it"};
    auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - began);
    return too_many("the question takes too long", "query_time",
                    static_cast<std::size_t>(took.count()),
                    static_cast<std::size_t>(bounds_.query_time.count()));
  } catch (std::exception const& broken) {
    report("store_failed", std::string("the store cannot be read: ") + broken.what());
    return error{.code = errc::store_failed, .message = broken.what()};
  }
}

std::optional<error> query_thread::read(question const& what, clock::time_point until) {
  std::function<void()> const check = [&] {
    if (ending_.stop_requested() || what.who.gone.stop_requested()) throw cut_off::gone;
    if (clock::now() >= until) throw cut_off::too_long;
  };
  auto how = store::history_reader::age::newest;
  while (true) {
    check();
    auto const ended = newest_ ? reader_->run(*newest_, how, check, what.work)
                               : store::history_reader::outcome::stale;
    if (ended == store::history_reader::outcome::done) return std::nullopt;
    if (ended == store::history_reader::outcome::interrupted) continue;
    auto fresh = writer_.snapshot_now(until);
    if (!fresh) return fresh.error();
    newest_ = *std::move(fresh);
    // It is later than the question. Other changes may follow, and need not be seen.
    how = store::history_reader::age::any;
  }
}

} // namespace cfgd
