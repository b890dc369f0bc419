#include "store/config_store.hpp"

#include "store/layout.hpp"
#include "store/plan.hpp"
#include "store/state_directory.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <iterator>
#include <limits>
#include <utility>

// The store: a model in memory of all that is durable, and the LMDB environment that makes it so.
// Reads of values come from the model and cannot fail. A commit takes the write lock, looks whether
// another process was here first, plans in memory, writes the difference, commits, and only then
// lets the model follow.
//
// After anything failed the environment is closed and opened again by the next call: LMDB refuses
// everything once a meta page could not be written. A commit that was reported as failed may be
// durable nevertheless; its transaction id then is one that is not ours, and what it did is read in
// as if another process had done it. So nothing durable stays invisible.

namespace cfgd::store {
namespace {

constexpr std::size_t first_map_bytes = 16 * 1024 * 1024;
/// Per commit; more than one, or a history that is too long would never get shorter.
constexpr std::size_t trimmed_at_once = 4;

/// The map that a file of that size begins with: room to grow, within the limit.
std::size_t map_bytes_for(std::filesystem::path const& file, limits const& bounds) {
  std::error_code absent;
  auto const size = std::filesystem::file_size(file, absent);
  auto const wanted = absent ? 0 : std::bit_ceil(static_cast<std::size_t>(size) * 2);
  return std::min(std::max(wanted, std::min(first_map_bytes, bounds.store_bytes)),
                  bounds.store_bytes);
}

error store_failure(std::string message) {
  return {.code = errc::store_failed, .message = std::move(message)};
}

} // namespace

struct config_store::impl {
  impl(state_directory held, limits const& wanted) : place(std::move(held)), bounds(wanted) {}

  lmdb::environment& environment() {
    if (!opened) reopen();
    return *opened;
  }

  void reopen() {
    opened.reset();
    opened.emplace(place.data(),
                   lmdb::environment::options{.map_bytes = map_bytes_for(place.data_file(), bounds),
                                              .databases = layout::database_count});
    try {
      opened->check_readers();
      lmdb::read_transaction view(*opened);
      records.emplace(view);
      view.keep_databases();
    } catch (...) {
      opened.reset();
      throw;
    }
  }

  /// Runs what uses the environment, and closes that if it fails.
  template <class Work>
  auto guarded(Work work) {
    try {
      return work(environment());
    } catch (lmdb_error const&) {
      opened.reset();
      throw;
    }
  }

  void absorb(lmdb::transaction& view);
  std::vector<outcome> commit_once(lmdb::environment& env, std::span<request const> requests,
                                   wall_time now);
  bool grow(lmdb::environment& env) const;

  state_directory place;
  limits bounds;
  std::optional<lmdb::environment> opened;
  std::optional<layout> records;
  model state;
  /// The last transaction that the model has seen.
  std::uint64_t seen = 0;
  std::vector<applied> foreign;
};

/// Takes over what others committed. Values between two of their revisions are not known: each
/// namespace is told with the last revision that touched it.
void config_store::impl::absorb(lmdb::transaction& view) {
  auto fresh = records->load(view);
  auto slice = records->read_changes(view, state.revision, std::numeric_limits<std::size_t>::max());
  std::vector<applied> found;
  for (auto& one : slice.changes)
    found.push_back({.revision = one->revision, .changes = {one}});

  std::vector<effective> differing;
  for (auto const& [name, now] : fresh.namespaces) {
    auto const before = state.namespaces.find(name);
    auto const* const old =
        before == state.namespaces.end() ? nullptr : before->second.value.text.get();
    auto const* const text = now.value.text.get();
    if (text == nullptr ? old != nullptr : old == nullptr || *old != *text)
      differing.push_back(now.value);
  }
  for (auto const& [name, before] : state.namespaces)
    if (before.value.text && !fresh.namespaces.contains(name))
      differing.push_back({.name_space = name, .revision = fresh.revision, .text = nullptr});

  if (found.empty() && !differing.empty()) found.push_back({.revision = fresh.revision});
  for (auto& value : differing) {
    auto const touches = [&value](applied const& one) {
      return std::ranges::any_of(one.changes.front()->keys, [&value](key_change const& changed) {
        return changed.key.starts_with(value.name_space + '.');
      });
    };
    auto last = found.rbegin();
    if (!last->changes.empty()) last = std::find_if(found.rbegin(), found.rend(), touches);
    (last == found.rend() ? found.back() : *last).effectives.push_back(std::move(value));
  }
  std::move(found.begin(), found.end(), std::back_inserter(foreign));
  state = std::move(fresh);
  seen = view.id();
}

std::vector<outcome> config_store::impl::commit_once(lmdb::environment& env,
                                                     std::span<request const> requests,
                                                     wall_time now) {
  lmdb::write_transaction writing(env);
  if (writing.id() != seen + 1) {
    // Ids count up by one; a read of the last one sees what the lock that we hold keeps in place.
    lmdb::read_transaction view(env);
    absorb(view);
  }
  plan planned(state, bounds, now);
  std::vector<outcome> outcomes;
  outcomes.reserve(requests.size());
  for (auto const& one : requests)
    outcomes.push_back(planned.apply(one));

  auto const writes = planned.writes();
  if (writes.empty()) return outcomes;
  records->write(writing, writes);
  if (!writes.changes.empty())
    records->trim(writing, {.revisions = bounds.history_revisions,
                            .since = now - bounds.history_age,
                            .erased = trimmed_at_once});
  auto const id = writing.id();
  writing.commit();
  seen = id;
  std::move(planned).take_over(state);
  return outcomes;
}

bool config_store::impl::grow(lmdb::environment& env) const {
  auto const now = env.map_bytes();
  if (now >= bounds.store_bytes) return false;
  env.set_map_bytes(std::min(now * 2, bounds.store_bytes));
  return true;
}

config_store::config_store(std::unique_ptr<impl> state) : impl_(std::move(state)) {}
config_store::~config_store() = default;

result<std::unique_ptr<config_store>> config_store::open(std::filesystem::path const& directory,
                                                         limits const& bounds) {
  auto held = state_directory::open(directory);
  if (!held) return held.error();
  auto state = std::make_unique<impl>(std::move(*held), bounds);
  auto const now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  try {
    auto const provided = state->place.provide([now](std::filesystem::path const& empty) {
      lmdb::environment made(empty,
                             {.map_bytes = first_map_bytes, .databases = layout::database_count});
      lmdb::write_transaction first(made);
      layout::create(first, now);
      first.commit();
    });
    if (!provided) return provided.error();
    {
      // Before anything else is believed, the format must be ours.
      lmdb::environment env(state->place.data(),
                            {.map_bytes = map_bytes_for(state->place.data_file(), bounds),
                             .databases = layout::database_count});
      lmdb::read_transaction view(env);
      if (auto const known = layout::check_format(view); !known) return known.error();
    }
    state->reopen();
    lmdb::read_transaction view(*state->opened);
    state->state = state->records->load(view);
    state->seen = view.id();
  } catch (lmdb_error const& failure) {
    return error{.code = failure.damaged() || failure.not_found() ? errc::invalid : errc::io,
                 .message = failure.what(),
                 .subject = directory.string()};
  }
  return std::unique_ptr<config_store>(new config_store(std::move(state)));
}

std::vector<outcome> config_store::commit(std::span<request const> requests, wall_time now) {
  auto failed = store_failure({});
  try {
    while (true) {
      try {
        return impl_->commit_once(impl_->environment(), requests, now);
      } catch (lmdb_error const& failure) {
        if (!failure.map_full()) throw;
        if (impl_->grow(*impl_->opened)) continue;
        if (requests.size() > 1) break;
        failed = store_failure("the store is full");
        failed.subject = "store_bytes";
        failed.used = impl_->opened->map_bytes();
        failed.maximum = impl_->bounds.store_bytes;
        return {failed};
      }
    }
  } catch (lmdb_error const& failure) {
    impl_->opened.reset();
    failed.message = failure.what();
    return {requests.size(), failed};
  }
  // Together they do not fit; some may by themselves, and some may make room.
  std::vector<outcome> outcomes;
  for (auto const& one : requests)
    outcomes.push_back(std::move(commit(std::span(&one, 1), now).front()));
  return outcomes;
}

revision_number config_store::revision() const { return impl_->state.revision; }

std::vector<source_row> config_store::sources() {
  std::vector<source_row> all;
  for (auto const& [name, state] : impl_->state.namespaces)
    for (auto const& [id, record] : state.sources)
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
  auto const found = impl_->state.namespaces.find(name_space);
  if (found == impl_->state.namespaces.end()) return {.name_space = std::string(name_space)};
  return found->second.value;
}

explanation config_store::explain(key const& which) {
  explanation all;
  auto const found = impl_->state.namespaces.find(which.name_space());
  if (found != impl_->state.namespaces.end()) all = store::explain(found->second, which);
  all.revision = impl_->state.revision;
  return all;
}

history_slice config_store::changes_after(revision_number after, std::size_t maximum_bytes) {
  return impl_->guarded([&](lmdb::environment& env) {
    lmdb::read_transaction view(env);
    return impl_->records->read_changes(view, after, maximum_bytes);
  });
}

std::vector<applied> config_store::refresh() {
  impl_->guarded([this](lmdb::environment& env) {
    if (env.last_transaction() == impl_->seen) return;
    lmdb::read_transaction view(env);
    impl_->absorb(view);
  });
  return take_foreign();
}

std::vector<applied> config_store::take_foreign() { return std::exchange(impl_->foreign, {}); }

revision_number config_store::compact(std::size_t keep) {
  return impl_->guarded([&](lmdb::environment& env) {
    // In pieces, so that no transaction gets too large for its list of dirty pages.
    constexpr std::size_t piece = 1'000;
    std::size_t erased = piece;
    while (erased == piece) {
      lmdb::write_transaction writing(env);
      if (writing.id() != impl_->seen + 1) {
        lmdb::read_transaction view(env);
        impl_->absorb(view);
      }
      erased = impl_->records->trim(
          writing, {.revisions = keep, .since = wall_time::max(), .erased = piece});
      if (erased == 0) break;
      auto const id = writing.id();
      writing.commit();
      impl_->seen = id;
    }
    lmdb::read_transaction view(env);
    return impl_->records->read_changes(view, std::numeric_limits<revision_number>::max(), 0)
        .oldest;
  });
}

std::size_t config_store::check_readers() {
  return impl_->guarded([](lmdb::environment& env) { return env.check_readers(); });
}

std::shared_ptr<std::string const> config_store::refused_content(source_id const& id) const {
  auto const name = namespace_of(id);
  if (!name) return nullptr;
  auto const state = impl_->state.namespaces.find(*name);
  if (state == impl_->state.namespaces.end()) return nullptr;
  auto const found = state->second.sources.find(id);
  if (found == state->second.sources.end() || !found->second->refused) return nullptr;
  return {found->second, &found->second->refused->bytes};
}

std::filesystem::path config_store::data_file() const { return impl_->place.data_file(); }

} // namespace cfgd::store
