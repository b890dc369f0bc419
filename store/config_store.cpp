#include "store/config_store.hpp"

#include "engine/evaluate.hpp"
#include "store/config_store_impl.hpp"
#include "store/history.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <utility>

// The store: a model in memory of everything durable, and the LMDB environment that it is durable
// in. Values are read from the model, which cannot fail. A commit takes the write lock, takes over
// what another process has committed, plans in memory, writes the difference, commits, and only
// then advances the model.
//
// After any failure the environment is closed, and the next call opens it again, because LMDB fails
// all calls once a meta page could not be written. A commit that was reported as failed may be
// durable nevertheless: its transaction id is one that the model has not seen, and its changes are
// read in like those of another process. So nothing durable stays invisible.

namespace cfgd::store {
namespace {

/// Changes erased per commit beyond those it adds, so that a history that is too long gets shorter.
constexpr std::size_t trimmed_beyond = 4;
/// They go in batches, whose pages are written once. Each takes its commit longer: less than one in
/// a hundred may.
constexpr std::size_t most_trimmed_at_once = 256;
/// Values are written before the last changes that they need are erased: a batch ends with so many.
constexpr std::size_t most_renewed_bytes = 512 * 1024;

bool is_of_files(request const& asked) { return std::holds_alternative<file_change>(asked); }

/// Whether a request only removes data, apart from its change record.
bool takes_away(request const& asked) {
  auto const* const set = std::get_if<set_request>(&asked);
  return set != nullptr && set->values.empty();
}

error full_error(limits const& bounds, std::size_t used) {
  return {.code = errc::store_failed,
          .message = "the store is full",
          .subject = "store_bytes",
          .used = used,
          .maximum = bounds.store_bytes};
}

} // namespace

std::vector<decision> config_store::impl::commit_once(lmdb::environment& env,
                                                      std::span<request const> requests,
                                                      wall_time now) {
  lmdb::write_transaction writing(env);
  absorb_before(env, writing);
  plan planned(state, policy_validator, bounds, now,
               [&](revision_number at, std::string const& name_space) {
                 return texts_at(file.records(), writing, state, at, name_space);
               });
  std::optional<decision> first;
  if (!unmerged.empty() && !std::ranges::all_of(requests, is_of_files))
    first = merge_again(planned);
  std::vector<decision> decisions;
  decisions.reserve(requests.size());
  for (auto const& one : requests)
    decisions.push_back(planned.apply(one));

  auto writes = planned.writes();
  if (writes.empty()) return decisions;
  auto const& records = file.records();
  checkpoint_step step(behind, state, writes);
  records.write(writing, writes);
  if (step.settled()) records.note_settled(writing, *step.settled());
  if (!writes.changes.empty()) {
    auto const at_once = std::min(most_trimmed_at_once, bounds.history_revisions / 8);
    std::size_t asked = 0;
    std::size_t renewed = 0;
    records.trim(writing,
                 {.revisions = bounds.history_revisions,
                  .since = now - bounds.history_age,
                  .erased = writes.changes.size() + std::max(trimmed_beyond, at_once),
                  .bytes = bounds.history_bytes,
                  .at_once = at_once},
                 [&](revision_number erased) {
                   auto const more = step.renew_before(erased);
                   records.write(writing, more);
                   for (auto const& one : more.effectives)
                     renewed += one.text ? one.text->size() : 0;
                   return ++asked <= writes.changes.size() + trimmed_beyond ||
                          renewed < most_renewed_bytes;
                 });
  }
  auto const id = writing.id();
  writing.commit();
  file.check_names();
  // If memory runs out here, `seen` stays behind and the next call loads everything again.
  shown.reset();
  step.committed();
  std::move(planned).advance(state);
  seen = id;
  if (first && *first) {
    unmerged.clear();
    if (!(*first)->changes.empty()) foreign.push_back(*std::move(*first));
  }
  auto const sealed_before = who.sealed.size();
  who.sealed.insert(writes.with_secrets.begin(), writes.with_secrets.end());
  if (who.sealed.size() != sealed_before) remove_traces(now);
  return decisions;
}

/// Runs a transaction that erases or seals, so it may use the reserve. `work` returns whether to
/// commit.
void config_store::impl::transact(std::function<bool(lmdb::write_transaction&)> const& work,
                                  store_file::purpose how) {
  while (true) {
    try {
      auto& env = file.environment();
      lmdb::write_transaction writing(env);
      absorb_before(env, writing);
      if (!work(writing)) return;
      auto const id = writing.id();
      writing.commit();
      seen = id;
      return;
    } catch (lmdb_error const& failure) {
      if (!failure.map_full() || !file.grow(how)) throw;
    }
  }
}

/// Erases the oldest changes up to the newest `keep`, however young; returns how many.
std::size_t config_store::impl::erase_history(std::size_t keep) {
  // In pieces, because LMDB limits the number of pages that one transaction may change.
  std::size_t piece = 1'000;
  std::size_t all = 0;
  while (true) {
    std::size_t erased = 0;
    std::optional<checkpoint_step> step;
    auto const erase = [&](lmdb::write_transaction& in) {
      auto const& records = file.records();
      write_set renewed;
      step.emplace(behind, state, renewed);
      records.write(in, renewed);
      if (step->settled()) records.note_settled(in, *step->settled());
      erased = records.trim(in, {.revisions = keep, .since = wall_time::max(), .erased = piece},
                            [&](revision_number oldest) {
                              records.write(in, step->renew_before(oldest));
                              return true;
                            });
      return erased > 0;
    };
    try {
      transact(erase);
    } catch (lmdb_error const& failure) {
      // Checkpoints take room before the changes give it back: fewer of them may fit.
      if (!failure.map_full() || piece == 1) throw;
      piece /= 10;
      continue;
    }
    if (erased == 0) return all;
    step->committed();
    all += erased;
  }
}

/// Makes room after the map was full. Returns whether a retry may succeed.
bool config_store::impl::make_room(std::span<request const> requests) {
  if (file.grow(store_file::purpose::any)) return true;
  // Changes younger than the configured age may be erased, but not below the configured number.
  // LMDB reuses pages two transactions after the one that freed them, so one more transaction is
  // made.
  if (erase_history(bounds.history_revisions) > 0) {
    transact([this](lmdb::write_transaction& in) {
      file.records().touch(in);
      return true;
    });
    return true;
  }
  return requests.size() == 1 && takes_away(requests.front()) &&
         file.grow(store_file::purpose::erasing);
}

/// What the mark says decides which changes a question about a key finds; the check of the
/// integrity looks at every change, but later.
void config_store::impl::check_index() {
  auto const& records = file.records();
  auto const is_good = guarded([&records](lmdb::environment& env) {
    lmdb::read_transaction view(env);
    return records.is_indexed_as_marked(view);
  });
  if (is_good) return;
  transact([&records](lmdb::write_transaction& in) {
    records.forget_index(in);
    return true;
  });
}

void config_store::impl::note_loss(lmdb_error const& failure) {
  if (!file.is_lost() || !loss.empty()) return;
  loss = loss_text = failure.what();
  is_taken = is_probed = false;
}

void config_store::impl::mend(wall_time now) {
  if (!file.is_lost()) return;
  auto const made = file.rebuild(
      [this](std::filesystem::path const& empty) {
        write_model(empty, state, who, bounds.store_bytes);
      },
      now);
  if (!made)
    throw store_file::lost_store(loss + "; no new one can be made: " + to_string(made.error()));
  loss.clear();
  behind = checkpoints(state.revision);
  kept.start_over();
  seen = file.environment().last_transaction();
}

config_store::config_store(std::unique_ptr<impl> state) : impl_(std::move(state)) {}
config_store::~config_store() = default;

result<std::unique_ptr<config_store>> config_store::open(std::filesystem::path const& directory,
                                                         limits const& bounds,
                                                         key_sources const& where) {
  auto file = store_file::open(directory, bounds, where);
  if (!file) return file.error();
  auto state = std::make_unique<impl>(std::move(*file), bounds);
  try {
    state->load();
    state->check_index();
    state->seal_all();
    state->file.environment().give_back_pages();
  } catch (lmdb_error const& failure) {
    return store_file::opening_error(failure, directory);
  }
  return std::unique_ptr<config_store>(new config_store(std::move(state)));
}

// A full map ends the transaction. Then room is made and the requests are planned again, because
// the plan may depend on what another process has committed meanwhile.
std::vector<decision> config_store::commit(std::span<request const> requests, wall_time now) {
  try {
    impl_->mend(now);
    for (bool again = true; again;) {
      try {
        auto const before = impl_->seen;
        auto decisions = impl_->commit_once(impl_->file.environment(), requests, now);
        if (impl_->seen != before) impl_->kept.note_commit(impl_->state, impl_->who);
        return decisions;
      } catch (lmdb_error const& failure) {
        if (!failure.map_full()) throw;
        again = impl_->make_room(requests);
      }
    }
  } catch (lmdb_error const& failure) {
    impl_->file.close();
    // It was intact when it was opened, and memory has all of it but the history.
    if (failure.no_lmdb_file()) impl_->file.mark_lost(failure.what());
    impl_->note_loss(failure);
    return {requests.size(),
            error{.code = errc::store_failed,
                  .message = failure.what() + impl_->file.describe_space(failure)}};
  }
  if (requests.size() == 1)
    return {full_error(impl_->bounds, impl_->file.environment().map_bytes())};
  // They do not fit together; some may fit alone, and some may make room.
  std::vector<decision> decisions;
  for (auto const& one : requests)
    decisions.push_back(std::move(commit(std::span(&one, 1), now).front()));
  return decisions;
}

revision_number config_store::revision() const { return impl_->state.revision; }

std::string const& config_store::store_id() const { return impl_->who.id; }

std::vector<source_row> config_store::sources() {
  std::vector<source_row> all;
  for (auto const& [name, state] : impl_->state.namespaces)
    for (auto const& [id, record] : state.sources)
      all.push_back(record->row);
  for (auto const& [id, record] : impl_->state.active_policy->sources)
    all.push_back(record->row);
  std::ranges::sort(all, {}, &source_row::id);
  return all;
}

std::vector<effective> config_store::effectives() {
  std::vector<effective> all;
  for (auto const& [name, state] : impl_->state.namespaces)
    if (state.value.text) all.push_back(state.value);
  return all;
}

effective config_store::read(std::string_view name_space) {
  auto const* const found = engine::find_namespace(impl_->state, name_space);
  return found == nullptr ? effective{.name_space = std::string(name_space)} : found->value;
}

explanation config_store::explain(key const& which) {
  explanation all;
  if (auto const* const found = engine::find_namespace(impl_->state, which.name_space()))
    all = engine::explain(*found, which);
  all.revision = impl_->state.revision;
  return all;
}

result<explanation> config_store::explain(value_path const& which) {
  result<explanation> all = explanation();
  if (auto const* const found = engine::find_namespace(impl_->state, which.base.name_space()))
    all = engine::explain(*found, which);
  if (all) all->revision = impl_->state.revision;
  return all;
}

std::shared_ptr<engine::access_rules const> config_store::access() const {
  return impl_->state.active_policy->access;
}

result<std::vector<issue>> config_store::validate(std::string_view name_space,
                                                  boost::json::object const* document) {
  auto const* const found = engine::find_namespace(impl_->state, name_space);
  if (found == nullptr) return error{.code = errc::not_found, .subject = std::string(name_space)};
  return engine::validate_namespace(impl_->state, impl_->policy_validator, *found, document);
}

bool config_store::has_retryable() const { return !impl_->state.retryable.empty(); }

history_slice config_store::changes_after(revision_number after, std::size_t maximum_bytes) {
  return impl_->guarded([&](lmdb::environment& env) {
    lmdb::read_transaction view(env);
    if (view.id() != impl_->seen) impl_->absorb(view);
    return read_changes_after(impl_->file.records(), view, impl_->state, after, maximum_bytes);
  });
}

// Comparing ids needs no transaction, so the daemon can call this at every event of the data file.
std::vector<committed_change> config_store::refresh() {
  impl_->mend(wall_now());
  impl_->guarded([this](lmdb::environment& env) {
    if (env.last_transaction() == impl_->seen) return;
    impl_->check_age(env);
    lmdb::read_transaction view(env);
    impl_->absorb(view);
  });
  return take_foreign();
}

std::shared_ptr<snapshot const> config_store::take_snapshot() {
  return impl_->guarded([this](lmdb::environment&) {
    if (!impl_->shown) impl_->shown = std::make_shared<model const>(impl_->state);
    return std::make_shared<snapshot const>(snapshot{.state = impl_->shown,
                                                     .transaction = impl_->seen,
                                                     .generation = impl_->file.shared()->generation,
                                                     .store_id = impl_->who.id});
  });
}

std::unique_ptr<history_reader> config_store::make_reader() const {
  return std::make_unique<history_reader>(impl_->file.shared(), impl_->bounds);
}

std::optional<std::string> config_store::take_loss() {
  if (std::exchange(impl_->is_taken, true)) return std::nullopt;
  return impl_->loss_text;
}

void config_store::finish_copies() { impl_->kept.finish(impl_->state, impl_->who); }

std::vector<committed_change> config_store::take_foreign() {
  return std::exchange(impl_->foreign, {});
}

revision_number config_store::compact(std::size_t keep) {
  return impl_->guarded([&](lmdb::environment& env) {
    impl_->erase_history(keep);
    lmdb::read_transaction view(env);
    return impl_->file.records()
        .read_changes(view, std::numeric_limits<revision_number>::max(), 0)
        .oldest;
  });
}

std::size_t config_store::check_readers() {
  return impl_->guarded([](lmdb::environment& env) { return env.check_readers(); });
}

std::shared_ptr<std::string const> config_store::refused_content(source_id const& id) const {
  auto const found = engine::find_source(impl_->state, id);
  if (!found || !found->refused) return nullptr;
  return {found, &found->refused->bytes};
}

std::filesystem::path config_store::data_file() const { return impl_->file.data_file(); }

} // namespace cfgd::store
