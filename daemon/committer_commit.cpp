#include "daemon/committer.hpp"
#include "watchers/credential_references.hpp"
#include "watchers/read_source.hpp"

#include <map>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <variant>

// One commit of the committer: what waited becomes requests, and their decisions messages.
//
// The watch on the store is muted while a commit writes. What another process commits at that time
// has no event then: so its transactions are looked for afterwards, when events are reported again.
//
// Files that schemas or rules rejected are retried with every change of files. A change made by a
// call may be what they waited for; so an empty file change follows it where there are such files.

namespace cfgd {
namespace {

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

/// Who makes the change, if the request has that.
origin* writer_of(engine::request& what) {
  return std::visit(
      [](auto& one) -> origin* {
        if constexpr (requires { one.from; })
          return &one.from;
        else
          return nullptr;
      },
      what);
}

/// With secrets, both texts are used as a whole (view): they are put together here, not on the
/// loop.
void join_texts(engine::committed_change const& done) {
  for (auto const& one : done.effectives)
    if (one.text && one.shown && one.text.size() != one.shown.size()) {
      std::ignore = one.text.whole();
      std::ignore = one.shown.whole();
    }
}

} // namespace

void committer::prepare(write& next) {
  auto* const batch = std::get_if<engine::file_change>(&next.request);
  if (batch == nullptr) {
    fill_in_unit(next);
    return;
  }
  if (batch->how == engine::grouping::all_or_none)
    (void)guarded([&] { drop_known(next.observed, store_->sources()); });
  for (auto& seen : next.observed)
    batch->updates.push_back(to_update(std::move(seen), bounds_, credentials_));
  next.observed.clear();
}

void committer::fill_in_unit(write& next) {
  auto* const from = writer_of(next.request);
  if (from != nullptr && from->unit.empty())
    from->unit = units_.of(next.who ? next.who->connection : 0, from->pid.value_or(0));
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
        watchers::store_watch::silence const own(watch_);
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
  for (auto& foreign : store_->take_foreign()) {
    (void)guarded([&] { join_texts(foreign); });
    deliver([this, without_values, foreign = std::move(foreign)] {
      publish_({foreign, without_values});
    });
  }
  for (std::size_t index = 0; index < group.size(); ++index) {
    bool const visible = outcomes[index].has_value() && !is_trial(requests[index]);
    if (visible) (void)guarded([&] { join_texts(*outcomes[index]); });
    deliver([this, visible, without_values, outcome = std::move(outcomes[index]),
             done = std::move(group[index].done)] {
      if (visible) publish_({*outcome, without_values});
      if (done) done(outcome);
    });
  }
  if (watch_ != nullptr) (void)guarded([&] { take_over(); });
}

} // namespace cfgd
