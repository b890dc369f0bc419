#include "engine/decide.hpp"
#include "engine/evaluate.hpp"
#include "engine/pending.hpp"
#include "engine/plan.hpp"

#include <boost/assert.hpp>

#include <chrono>
#include <utility>

// Pending changes: confirm, extend and end. The limits are checked before anything is changed. The
// record of a pending change is kept beside the change itself, and the daemon's timer requests the
// end at the deadline. If the policy rejects the state that the end would lead to, the change and
// its record stay as they are; the daemon reports why and requests the end again later, because
// what prevents it may go away.

namespace cfgd::engine {
namespace {

std::uint64_t seconds_of(std::chrono::milliseconds time) {
  return static_cast<std::uint64_t>(
      std::max(std::chrono::seconds::zero(), std::chrono::ceil<std::chrono::seconds>(time))
          .count());
}

result<void> check_time(std::chrono::milliseconds after, limits const& bounds) {
  if (after <= bounds.pending_change_time) return {};
  return error{.code = errc::limit,
               .message = "the deadline is too far in the future",
               .subject = "pending_change_time",
               .used = seconds_of(after),
               .maximum = seconds_of(bounds.pending_change_time)};
}

/// The comment of the change that undoes a pending one.
std::string comment_of(pending_change const& ended) {
  return "revision " + std::to_string(ended.revision) +
         (ended.what == expiry::kind::expire ? " expired" : " was not confirmed");
}

} // namespace

result<void> plan::check_expiry(std::optional<expiry> const& how) const {
  if (!how) return {};
  if (pending_.size() >= bounds_.pending_changes)
    return error{.code = errc::limit,
                 .message = "too many pending changes",
                 .subject = "pending_changes",
                 .used = pending_.size(),
                 .maximum = bounds_.pending_changes};
  return check_time(how->after, bounds_);
}

void plan::add_pending(expiry const& how, origin const& by, std::string const& comment,
                       committed_change& done,
                       std::map<std::string, pending_record::layer_change> layers) {
  auto record = std::make_shared<pending_record>();
  record->what = {.revision = done.revision,
                  .what = how.what,
                  .deadline = now_ + how.after,
                  .from = by,
                  .comment = comment,
                  .keys = changed_keys(layers)};
  record->what.from.where = layer::overrides;
  record->what.from.revision = done.revision;
  record->layers = std::move(layers);
  done.deadline = record->what.deadline;
  pending_.insert_or_assign(done.revision, std::move(record));
  done.pending = pending_list();
}

std::vector<pending_change> plan::pending_list() const { return list_pending(pending_); }

decision plan::apply(pending_request const& asked) {
  auto const found = pending_.find(asked.revision);
  if (found == pending_.end())
    return error{.code = errc::not_found,
                 .message = "no pending change of revision " + std::to_string(asked.revision),
                 .subject = std::to_string(asked.revision)};
  switch (asked.what) {
  case pending_request::action::confirm:
    pending_.erase(found);
    notes_.push_back(note_of(asked));
    break;
  case pending_request::action::extend: {
    if (auto const fine = check_time(asked.deadline - now_, bounds_); !fine) return fine.error();
    auto later = std::make_shared<pending_record>(*found->second);
    later->what.deadline = asked.deadline;
    found->second = std::move(later);
    notes_.push_back(note_of(asked));
    break;
  }
  case pending_request::action::end: {
    auto const ended = found->second;
    return undo_pending(*ended);
  }
  }
  return committed_change{.revision = revision_, .pending = pending_list()};
}

decision plan::undo_pending(pending_record const& ended) {
  auto made = make_candidate();
  for (auto const& [name, layer] : ended.layers) {
    auto const* const state = made.find(name);
    auto const current = state == nullptr ? nullptr : state->overrides;
    auto rest = take_back(name, current, layer);
    if (rest != current) made.edit(name).overrides = std::move(rest);
  }
  auto evaluation = evaluate(made, validator_, bounds_);
  if (!evaluation.rejections.empty()) return rejection_error(evaluation.rejections, bounds_);
  auto done = decide(
      made, std::move(evaluation),
      {.revision = revision_,
       .now = now_,
       .how = grouping::one_change,
       .comment = comment_of(ended.what),
       .origin_of = [&ended](std::string const&, key_change const&) { return ended.what.from; }});
  stage(std::move(made), done);
  pending_.erase(ended.what.revision);
  forget_undone(pending_, ended);
  done.pending = pending_list();
  return done;
}

} // namespace cfgd::engine
