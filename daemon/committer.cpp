#include "daemon/committer.hpp"

#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "daemon/systemd.hpp"
#include "watchers/read_source.hpp"

#include <exception>
#include <iterator>
#include <optional>

// One queue, taken whole: all writes of it up to the next read make one transaction, so that the
// queue's order is the order of effects, and the longer a commit takes the more the next one holds
// (group commit). Results go to the loop in the same order, each behind the publication of what it
// did: a caller that was answered finds its own change in the cache.

namespace cfgd {
namespace {

namespace asio = boost::asio;
using watchers::observation;

wall_time now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

store::source_status blocked_status(error const& why) {
  return why.code == errc::not_found ? store::source_status::missing
                                     : store::source_status::untrusted;
}

/// A library that throws at some file must not take the daemon with it: that file is refused.
result<sourced_document> read_guarded(format kind, std::string_view bytes, limits const& bounds) {
  try {
    return watchers::read_source(kind, bytes, bounds);
  } catch (std::exception const& broken) {
    return error{.code = errc::parse, .message = std::string("cannot be read: ") + broken.what()};
  }
}

/// What the store is told about an observation; parses new content.
store::source_update to_update(observation seen, limits const& bounds) {
  store::source_update update{.id = std::move(seen.id),
                              .path = std::move(seen.path),
                              .identity = seen.identity,
                              .what = store::source_update::touched{}};
  if (auto* const content = std::get_if<observation::content>(&seen.what)) {
    update.hash = content->hash;
    auto const kind = format_of(update.id.relative);
    BOOST_ASSERT(kind);
    auto document = read_guarded(*kind, content->bytes, bounds);
    if (document)
      update.what = store::source_update::good{std::move(*document)};
    else
      update.what = store::source_update::refused{std::move(content->bytes), document.error()};
  } else if (auto* const blocked = std::get_if<observation::blocked>(&seen.what)) {
    update.what = store::source_update::blocked{blocked_status(blocked->why), blocked->why};
  } else if (std::holds_alternative<observation::gone>(seen.what)) {
    update.what = store::source_update::gone{};
  }
  return update;
}

} // namespace

committer::committer(asio::any_io_executor loop, std::unique_ptr<store::config_store> store,
                     limits const& bounds, publisher publish)
    : loop_(std::move(loop)), guard_(loop_), store_(std::move(store)), bounds_(bounds),
      publish_(std::move(publish)), thread_([this] { run(); }) {}

committer::~committer() {
  {
    std::lock_guard const locked(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void committer::submit(store::set_request request, finished done) {
  enqueue(write{{}, std::move(request), std::move(done)});
}

void committer::submit(std::vector<observation> observed, std::vector<store::source_update> extra,
                       store::grouping how, finished done) {
  store::source_batch batch{.updates = std::move(extra), .how = how};
  enqueue(write{std::move(observed), std::move(batch), std::move(done)});
}

void committer::stop(std::function<void()> done) {
  query([](store::config_store& store) { return store.revision(); },
        [this, done = std::move(done)](result<revision_number> const&) {
          guard_.reset();
          done();
        });
}

void committer::refresh() {
  query([](store::config_store& store) { return store.refresh(); },
        [this](result<std::vector<store::applied>> const& foreign) {
          if (!foreign) return;
          for (auto const& one : *foreign)
            publish_(one);
        });
}

void committer::enqueue(job what) {
  {
    std::lock_guard const locked(mutex_);
    waiting_.push_back(std::move(what));
  }
  wake_.notify_one();
}

void committer::deliver(std::function<void()> message) { asio::post(loop_, std::move(message)); }

void committer::run() {
  std::deque<job> taken;
  std::vector<write> group;
  for (;;) {
    {
      std::unique_lock locked(mutex_);
      wake_.wait(locked, [&] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      taken.swap(waiting_);
    }
    for (auto& next : taken) {
      if (auto* const change = std::get_if<write>(&next)) {
        group.push_back(std::move(*change));
        continue;
      }
      commit(std::exchange(group, {}));
      std::get<read>(next)(*store_);
    }
    commit(std::exchange(group, {}));
    taken.clear();
  }
}

void committer::commit(std::vector<write> group) {
  if (group.empty()) return;
  std::vector<store::request> requests;
  requests.reserve(group.size());
  for (auto& one : group) {
    if (auto* const batch = std::get_if<store::source_batch>(&one.request)) {
      for (auto& seen : one.observed)
        batch->updates.push_back(to_update(std::move(seen), bounds_));
      one.observed.clear();
    } else if (auto* const set = std::get_if<store::set_request>(&one.request)) {
      // Here and not at accept: it reads from /proc, and few connections ever write.
      set->from.unit = systemd::unit_of(set->from.pid.value_or(0));
    }
    requests.push_back(std::move(one.request));
  }

  std::vector<store::outcome> outcomes;
  if (auto const failed = guarded([&] { outcomes = store_->commit(requests, now()); }))
    outcomes.assign(group.size(), store::outcome(*failed));
  for (auto& foreign : store_->take_foreign())
    deliver([this, foreign = std::move(foreign)] { publish_(foreign); });

  for (std::size_t index = 0; index < group.size(); ++index) {
    auto const* const set = std::get_if<store::set_request>(&requests[index]);
    bool const visible = outcomes[index].has_value() && !(set != nullptr && set->dry_run);
    deliver(
        [this, visible, outcome = std::move(outcomes[index]), done = std::move(group[index].done)] {
          if (visible) publish_(*outcome);
          if (done) done(outcome);
        });
  }
}

std::optional<error> committer::guarded(std::function<void()> const& work) {
  try {
    work();
    return std::nullopt;
  } catch (std::exception const& broken) {
    log::write(log::level::error,
               std::string("the store failed: ") + broken.what() + "; it is opened again",
               {{"MESSAGE_ID", message_id::store_failed}, {"CFGD_KIND", "store"}});
    return error{.code = errc::store_failed, .message = broken.what()};
  }
}

} // namespace cfgd
