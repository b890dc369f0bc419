#include "engine/decide.hpp"
#include "engine/file_change_plan.hpp"
#include "engine/plan.hpp"

#include <utility>

// Files that changed. Sources that the policy rejected earlier are retried with every file change:
// two files that need each other may arrive one after the other, and a file that needs an override
// is accepted once that is set.

namespace cfgd::engine {

decision plan::apply(file_change const& asked) {
  bool const is_edit = asked.how == grouping::all_or_none;
  file_change_plan work(asked, bounds_, is_edit ? unused_edit_number() : 0);
  auto const find = [this](source_id const& id) { return find_record(id); };
  if (auto const added = work.add_updates(find); !added) return added.error();
  work.add_retryable(retryable(), revision_, find);
  auto accepted =
      work.resolve([this, &work] { return work.evaluate(make_candidate(), validator_); });

  auto done = decide(accepted.made, std::move(accepted.found),
                     {.revision = revision_,
                      .now = now_,
                      .how = asked.how,
                      .comment = {},
                      .origin_of = [&](std::string const& name_space, key_change const& one) {
                        auto const* const state = accepted.made.find(name_space);
                        return work.origin_of(name_space, one.key,
                                              state == nullptr ? nullptr : state->schema);
                      }});
  work.finish(done, accepted.made);
  add_summaries(done, accepted.made);
  stage(std::move(accepted.made), done);
  return done;
}

std::set<source_id> plan::retryable() const {
  // The index of the model may be stale for staged sources; find_record() returns the staged
  // record, and add_retryable() checks it.
  auto all = base_.retryable;
  for (auto const& [name, state] : staged_)
    for (auto const& [id, record] : state.sources)
      if (record->retryable()) all.insert(id);
  for (auto const& [id, record] : policy_->sources)
    if (record->retryable()) all.insert(id);
  return all;
}

std::shared_ptr<source_record const> plan::find_record(source_id const& id) const {
  if (id.what != source_kind::values) {
    auto const found = policy_->sources.find(id);
    return found == policy_->sources.end() ? nullptr : found->second;
  }
  auto const name = namespace_of(id);
  auto const state = name ? staged_.find(*name) : staged_.end();
  if (state == staged_.end()) return find_source(base_, id);
  auto const found = state->second.sources.find(id);
  return found == state->second.sources.end() ? nullptr : found->second;
}

// The clock cannot number edits: two of them may be in one transaction, and it may be set back.
std::uint64_t plan::unused_edit_number() const {
  std::set<std::uint64_t> used;
  for (auto const& id : retryable())
    if (auto const record = find_record(id); record && record->refused)
      used.insert(record->refused->edit);
  std::uint64_t number = 1;
  while (used.contains(number))
    ++number;
  return number;
}

} // namespace cfgd::engine
