#include "store/config_store.hpp"

#include "core/json.hpp"
#include "engine/evaluate.hpp"
#include "store/config_store_impl.hpp"
#include "store/foreign.hpp"
#include "store/history.hpp"

#include <algorithm>
#include <functional>
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

/// Per commit, beyond what it adds, or a history that is too long would never get shorter.
constexpr std::size_t trimmed_beyond = 4;

/// Whether a request leaves less than there was, but for history.
bool takes_away(request const& asked) {
  auto const* const set = std::get_if<set_request>(&asked);
  return set != nullptr && set->values.empty();
}

/// A namespace's text without its secrets.
std::shared_ptr<std::string const> shown_text(namespace_state const& state) {
  auto const& text = state.value.text;
  if (!text || !state.schema || !state.schema->what->has_secrets()) return text;
  json::read_limits const any{.depth = 1024, .elements = std::numeric_limits<std::size_t>::max()};
  auto const whole = json::parse(*text, json::dialect::strict, any);
  if (!whole) return text;
  auto shown = json::canonical(engine::without_secrets(*whole, *state.schema->what));
  return shown == *text ? text : std::make_shared<std::string const>(std::move(shown));
}

bool is_secret(model const& now, std::vector<std::string> const& parts) {
  if (parts.size() < 2) return false;
  auto const state = now.namespaces.find(parts.front());
  return state != now.namespaces.end() && state->second.schema &&
         state->second.schema->what->is_secret(std::span(parts).subspan(1));
}

/// What has become a secret since is one in old changes, too.
void mark_secrets_of_today(std::shared_ptr<change const>& one, model const& now) {
  std::shared_ptr<change> copy;
  for (std::size_t index = 0; index < one->keys.size(); ++index) {
    if (one->keys[index].secret) continue;
    auto const parts = split_dotted(one->keys[index].key);
    if (!parts || !is_secret(now, *parts)) continue;
    if (!copy) copy = std::make_shared<change>(*one);
    copy->keys[index].secret = true;
  }
  if (copy) one = std::move(copy);
}

error full_error(limits const& bounds, std::size_t used) {
  return {.code = errc::store_failed,
          .message = "the store is full",
          .subject = "store_bytes",
          .used = used,
          .maximum = bounds.store_bytes};
}

} // namespace

void config_store::impl::load() {
  guarded([this](lmdb::environment& env) {
    lmdb::read_transaction view(env);
    state = load_model(view);
    seen = view.id();
  });
}

/// What the store holds, with all that follows from it.
model config_store::impl::load_model(lmdb::transaction& view) {
  auto all = file.records().load(view);
  auto made = std::make_shared<policy>(*all.active_policy);
  // They were in force, so they compiled once; where this program is stricter they are left out.
  for (auto const& [id, why] : engine::compile(*made, {}, bounds)) {
    auto refused = std::make_shared<source_record>(*made->sources.at(id));
    refused->row.status = source_status::quarantined;
    refused->row.why = why;
    refused->row.is_effective = false;
    // Nobody knows which of its values were secrets, so all of them are.
    if (auto const name = namespace_of(id))
      made->schemas.insert_or_assign(std::string(*name), hiding_schema(refused, bounds));
    made->sources[id] = std::move(refused);
  }
  for (auto const& [name, schema] : made->schemas) {
    auto& named = all.namespaces[name];
    named.value.name_space = name;
    named.schema = schema;
  }
  all.active_policy = made;
  note_retryable(all, {}, made->sources);
  for (auto& [name, one] : all.namespaces) {
    note_retryable(all, {}, one.sources);
    one.value.shown = shown_text(one);
  }
  engine::run_rules(all, policy_validator);
  return all;
}

/// Takes over what others committed since the model was right.
void config_store::impl::absorb(lmdb::transaction& view) {
  auto fresh = load_model(view);
  auto news =
      file.records().read_changes(view, state.revision, std::numeric_limits<std::size_t>::max());
  auto told = describe_foreign(state, fresh, std::move(news.changes));
  std::move(told.begin(), told.end(), std::back_inserter(foreign));
  state = std::move(fresh);
  seen = view.id();
}

/// The same for whoever holds the write lock: what it reads stays the last.
void config_store::impl::absorb_before(lmdb::environment& env, lmdb::write_transaction& writing) {
  // Ids count up by one, and an abandoned transaction gives its id back.
  if (writing.id() == seen + 1) return;
  lmdb::read_transaction view(env);
  absorb(view);
}

std::vector<decision> config_store::impl::commit_once(lmdb::environment& env,
                                                      std::span<request const> requests,
                                                      wall_time now) {
  lmdb::write_transaction writing(env);
  absorb_before(env, writing);
  plan planned(state, policy_validator, bounds, now,
               [&](revision_number at, std::string const& name_space) {
                 return texts_at(file.records(), writing, state, at, name_space);
               });
  std::vector<decision> decisions;
  decisions.reserve(requests.size());
  for (auto const& one : requests)
    decisions.push_back(planned.apply(one));

  auto const writes = planned.writes();
  if (writes.empty()) return decisions;
  file.records().write(writing, writes);
  if (!writes.changes.empty())
    file.records().trim(writing, {.revisions = bounds.history_revisions,
                                  .since = now - bounds.history_age,
                                  .erased = writes.changes.size() + trimmed_beyond,
                                  .bytes = bounds.history_bytes});
  auto const id = writing.id();
  writing.commit();
  // If memory runs out here the id stays behind, and the next call reads everything in.
  std::move(planned).advance(state);
  seen = id;
  return decisions;
}

/// A transaction that takes away: may use the reserve. `work` tells whether to commit.
void config_store::impl::transact(std::function<bool(lmdb::write_transaction&)> const& work) {
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
      if (!failure.map_full() || !file.grow(store_file::purpose::erasing)) throw;
    }
  }
}

/// Erases the oldest changes up to the newest `keep`, however young; returns how many.
std::size_t config_store::impl::erase_history(std::size_t keep) {
  // In pieces: the list of pages that a transaction touched has an end.
  constexpr std::size_t piece = 1'000;
  std::size_t all = 0;
  while (true) {
    std::size_t erased = 0;
    transact([&](lmdb::write_transaction& in) {
      erased =
          file.records().trim(in, {.revisions = keep, .since = wall_time::max(), .erased = piece});
      return erased > 0;
    });
    if (erased == 0) return all;
    all += erased;
  }
}

/// After the map was full: whether it is worth to try again.
bool config_store::impl::make_room(std::span<request const> requests) {
  if (file.grow(store_file::purpose::any)) return true;
  // The age that history should have gives way, its length does not. LMDB uses pages again two
  // transactions after the one that freed them, so there is one more.
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

config_store::config_store(std::unique_ptr<impl> state) : impl_(std::move(state)) {}
config_store::~config_store() = default;

result<std::unique_ptr<config_store>> config_store::open(std::filesystem::path const& directory,
                                                         limits const& bounds) {
  auto file = store_file::open(directory, bounds);
  if (!file) return file.error();
  auto state = std::make_unique<impl>(std::move(*file), bounds);
  try {
    state->load();
  } catch (lmdb_error const& failure) {
    return error{.code = failure.damaged() || failure.not_found() ? errc::invalid : errc::io,
                 .message = failure.what(),
                 .subject = directory.string()};
  }
  return std::unique_ptr<config_store>(new config_store(std::move(state)));
}

std::vector<decision> config_store::commit(std::span<request const> requests, wall_time now) {
  try {
    for (bool again = true; again;) {
      try {
        return impl_->commit_once(impl_->file.environment(), requests, now);
      } catch (lmdb_error const& failure) {
        if (!failure.map_full()) throw;
        again = impl_->make_room(requests);
      }
    }
  } catch (lmdb_error const& failure) {
    impl_->file.close();
    return {requests.size(), error{.code = errc::store_failed, .message = failure.what()}};
  }
  if (requests.size() == 1)
    return {full_error(impl_->bounds, impl_->file.environment().map_bytes())};
  // Together they do not fit; some may by themselves, and some may make room.
  std::vector<decision> decisions;
  for (auto const& one : requests)
    decisions.push_back(std::move(commit(std::span(&one, 1), now).front()));
  return decisions;
}

revision_number config_store::revision() const { return impl_->state.revision; }

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
  auto const found = impl_->state.namespaces.find(name_space);
  if (found == impl_->state.namespaces.end()) return {.name_space = std::string(name_space)};
  return found->second.value;
}

explanation config_store::explain(key const& which) {
  explanation all;
  auto const found = impl_->state.namespaces.find(which.name_space());
  if (found != impl_->state.namespaces.end()) all = engine::explain(found->second, which);
  all.revision = impl_->state.revision;
  return all;
}

result<std::vector<issue>> config_store::validate(std::string_view name_space,
                                                  boost::json::object const* document) {
  auto const found = impl_->state.namespaces.find(name_space);
  if (found == impl_->state.namespaces.end())
    return error{.code = errc::not_found, .subject = std::string(name_space)};
  return engine::validate_namespace(impl_->state, impl_->policy_validator, found->second, document);
}

bool config_store::has_retryable() const { return !impl_->state.retryable.empty(); }

history_slice config_store::changes_after(revision_number after, std::size_t maximum_bytes) {
  return impl_->guarded([&](lmdb::environment& env) {
    lmdb::read_transaction view(env);
    auto slice = impl_->file.records().read_changes(view, after, maximum_bytes);
    for (auto& one : slice.changes)
      mark_secrets_of_today(one, impl_->state);
    return slice;
  });
}

std::vector<committed_change> config_store::refresh() {
  impl_->guarded([this](lmdb::environment& env) {
    if (env.last_transaction() == impl_->seen) return;
    lmdb::read_transaction view(env);
    impl_->absorb(view);
  });
  return take_foreign();
}

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
