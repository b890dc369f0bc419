#include "engine/file_change_plan.hpp"
#include "engine/plan.hpp"

#include <utility>

// A batch of files is tried as a whole, and what is objected to is held back until nothing is. What
// schemas and rules refused earlier is tried with it: two files that need each other may come one
// after the other, and a file that waits for an override goes in by itself.

namespace cfgd::engine {

decision plan::apply(file_change const& asked) {
  file_change_plan work(asked, bounds_,
                        static_cast<std::uint64_t>(now_.time_since_epoch().count()) + 1);
  auto const find = [this](source_id const& id) { return find_record(id); };
  if (auto const made = work.add_updates(find); !made) return made.error();
  work.add_retryable(retryable(), revision_, find);

  auto outcome_of = [this, &work] { return work.try_once(begin(), validator_); };
  auto result = work.settle(outcome_of);

  auto done = decide(result.made, std::move(result.found),
                     {.revision = revision_,
                      .now = now_,
                      .how = asked.how,
                      .comment = {},
                      .origin_of = [&work](std::string const& name_space, key_change const& first) {
                        return work.origin_of(name_space, first.key);
                      }});
  work.finish(done);
  keep(std::move(result.made), done);
  return done;
}

std::set<source_id> plan::retryable() const {
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

} // namespace cfgd::engine
