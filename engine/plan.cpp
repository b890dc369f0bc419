#include "engine/plan.hpp"

#include "engine/decide.hpp"
#include "engine/evaluate.hpp"
#include "engine/hidden.hpp"
#include "engine/override_editors.hpp"
#include "engine/read_only.hpp"
#include "engine/secret_changes.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <set>
#include <utility>

// Two levels of copies: a candidate has what one request changes, and is dropped if the request is
// rejected or a dry run; the plan has what all requests of the transaction changed, and is dropped
// if the transaction fails. The model has what is durable. What must be written is found at the end
// by comparing pointers, so ten requests for one namespace write it once.

namespace cfgd::engine {

// One request must not take down the others of its transaction. An exception before its candidate
// is staged leaves the plan as it was. A broken store and a lack of memory concern all requests.
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
  return std::visit(
      [this](auto const& one) -> decision {
        if constexpr (requires { one.permitted; })
          if (one.permitted)
            if (auto const fine = one.permitted(*policy_->access); !fine) return fine.error();
        return apply(one);
      },
      asked);
}

std::vector<std::string> plan::names() const {
  std::set<std::string> all;
  for (auto const& [name, state] : base_.namespaces)
    all.insert(name);
  for (auto const& [name, state] : staged_)
    all.insert(name);
  return {all.begin(), all.end()};
}

decision plan::decide_overrides(candidate& made, override_editors& edits, edit_terms const& how) {
  edits.put();
  auto found = evaluate(made, validator_, bounds_);
  if (auto const fine = check_read_only(made, found); !fine) return fine.error();
  if (!found.rejections.empty()) return rejection_error(found.rejections, bounds_);
  auto done =
      decide(made, std::move(found),
             {.revision = revision_,
              .now = now_,
              .how = grouping::one_change,
              .comment = how.comment,
              .origin_of = [&how](std::string const&, key_change const&) { return how.by.from; }});
  edits.set_revision(done.revision);
  done.hides = edits.find_hidden();
  bool const changes_nothing = how.ends && done.changes.empty();
  if (changes_nothing) return committed_change{.revision = revision_};
  if (how.dry_run) {
    done.revision = revision_;
    return done;
  }
  add_summaries(done, made);
  auto layers = how.ends ? edits.layer_changes() : decltype(edits.layer_changes())();
  stage(std::move(made), done);
  if (how.ends) add_pending(*how.ends, how.by.from, how.comment, done, std::move(layers));
  return done;
}

void plan::add_summaries(committed_change& done, candidate& made) {
  static namespace_state const nothing;
  for (auto& [name, state] : made.edited()) {
    auto const* const was = made.was(name);
    auto const& before = was == nullptr ? nothing : *was;
    bool const moved = state.overrides != before.overrides || state.sources != before.sources;
    if (!moved || (!state.overrides && !before.overrides)) continue;
    if (!state.summary)
      state.summary = std::make_shared<override_summary const>(summarize_overrides(before, state));
    done.overrides.push_back(*state.summary);
  }
}

void plan::stage(candidate&& made, committed_change const& done) {
  policy_ = std::move(made.active_policy);
  for (auto& [name, state] : made.edited())
    staged_.insert_or_assign(name, std::move(state));
  revision_ = done.revision;
  changes_.insert(changes_.end(), done.changes.begin(), done.changes.end());
}

namespace {

/// Appends the records that differ between two tables of shared records; null: removed.
template <class Records, class Changes>
void add_changes(Records const& before, Records const& now, Changes& out) {
  // Mostly nothing does, and pointers are compared faster than ids.
  constexpr auto record_of = &Records::value_type::second;
  if (std::ranges::equal(before, now, {}, record_of, record_of)) return;
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
    auto const* const found = find_namespace(base_, name);
    auto const& before = found == nullptr ? nothing : *found;
    add_changes(before.sources, state.sources, out.sources);
    if (state.overrides != before.overrides)
      out.overrides.push_back({name, before.overrides, state.overrides});
    if (state.value.text != before.value.text) out.effectives.push_back(state.value);
    if (declares_secrets(state)) out.with_secrets.push_back(name);
  }
  if (policy_ != base_.active_policy)
    add_changes(base_.active_policy->sources, policy_->sources, out.sources);
  add_changes(base_.pending, pending_, out.pending);
  out.notes = notes_;
  return out;
}

void plan::advance(model& base) && {
  base.revision = revision_;
  base.pending = std::move(pending_);
  if (base.active_policy != policy_) {
    note_retryable(base, base.active_policy->sources, policy_->sources);
    base.active_policy = std::move(policy_);
  }
  for (auto& [name, state] : staged_) {
    auto const* const old = find_namespace(base, name);
    note_retryable(base, old == nullptr ? source_records() : old->sources, state.sources);
    if (state.exists())
      base.namespaces.insert_or_assign(name, std::move(state));
    else
      base.namespaces.erase(name);
  }
}

} // namespace cfgd::engine
