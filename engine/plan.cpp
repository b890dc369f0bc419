#include "engine/plan.hpp"

#include <exception>
#include <new>
#include <set>
#include <utility>

// Two levels of copies: a draft holds what one request changes and is thrown away if the request is
// refused, or only tried; the plan holds what all requests of the batch have changed, and is thrown
// away if the transaction fails. The model is what is durable. What must be written is found at the
// end by comparing pointers, so that ten requests for one namespace write it once.

namespace cfgd::engine {

// One request must not take down those that happen to be committed with it. What it throws before
// its draft is kept leaves the plan as it was. A broken store and a lack of memory concern all.
decision plan::apply(request const& asked) {
  try {
    return apply_one(asked);
  } catch (storage_failure const&) {
    throw;
  } catch (std::bad_alloc const&) {
    throw;
  } catch (std::exception const& failure) {
    return error{.code = errc::store_failed, .message = failure.what()};
  }
}

decision plan::apply_one(request const& asked) {
  return std::visit([this](auto const& one) { return apply(one); }, asked);
}

std::vector<std::string> plan::names() const {
  std::set<std::string> all;
  for (auto const& [name, state] : base_.namespaces)
    all.insert(name);
  for (auto const& [name, state] : staged_)
    all.insert(name);
  return {all.begin(), all.end()};
}

void plan::keep(candidate&& made, committed_change const& done) {
  policy_ = std::move(made.active_policy);
  for (auto& [name, state] : made.edited())
    staged_.insert_or_assign(name, std::move(state));
  revision_ = done.revision;
  changes_.insert(changes_.end(), done.changes.begin(), done.changes.end());
}

namespace {

/// What differs between two tables of shared records.
template <class Records, class Changes>
void add_changes(Records const& before, Records const& now, Changes& out) {
  for (auto const& [id, record] : now) {
    auto const old = before.find(id);
    if (old == before.end() || old->second != record) out.emplace_back(id, record);
  }
  for (auto const& [id, record] : before)
    if (!now.contains(id)) out.emplace_back(id, nullptr);
}

} // namespace

write_set plan::writes() const {
  static namespace_state const nothing;
  write_set out{.revision = revision_, .changes = changes_};
  for (auto const& [name, state] : staged_) {
    auto const found = base_.namespaces.find(name);
    auto const& before = found == base_.namespaces.end() ? nothing : found->second;
    add_changes(before.sources, state.sources, out.sources);
    if (state.overrides != before.overrides) out.overrides.emplace_back(name, state.overrides);
    if (state.value.text != before.value.text) out.effectives.push_back(state.value);
  }
  if (policy_ != base_.active_policy)
    add_changes(base_.active_policy->sources, policy_->sources, out.sources);
  add_changes(base_.pending, pending_, out.pending);
  out.notes = notes_;
  return out;
}

void plan::take_over(model& base) && {
  base.revision = revision_;
  base.pending = std::move(pending_);
  if (base.active_policy != policy_) {
    note_retryable(base, base.active_policy->sources, policy_->sources);
    base.active_policy = std::move(policy_);
  }
  for (auto& [name, state] : staged_) {
    auto const old = base.namespaces.find(name);
    note_retryable(base, old == base.namespaces.end() ? source_records() : old->second.sources,
                   state.sources);
    if (state.exists())
      base.namespaces.insert_or_assign(name, std::move(state));
    else
      base.namespaces.erase(name);
  }
}

} // namespace cfgd::engine
