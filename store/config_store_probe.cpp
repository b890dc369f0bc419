#include "core/json.hpp"
#include "store/config_store.hpp"
#include "store/config_store_impl.hpp"
#include "store/layout_keys.hpp"
#include "store/probe.hpp"
#include "store/recovery.hpp"

#include <utility>

// The store's checks of itself. The probe makes a commit and reads it back; its record is in the
// database meta, where no reader of values looks.
//
// Verifying a namespace compares three things that must be equal: its layers merged again, the
// model, and its records on disk. Records have check sums, so reading them finds what the disk has
// lost.

namespace cfgd::store {
namespace {

namespace keys = layout_keys;
using steady = std::chrono::steady_clock;
constexpr auto must_be_there = lmdb::transaction::if_absent::fail;

/// Key of the probe's record in the database meta.
constexpr char const* probe_key = "probe";
/// And that of the daemon's consumers.
constexpr char const* consumers_key = "consumers";

error differs(std::string_view name_space, std::string const& what) {
  return {.code = errc::invalid, .message = what, .subject = std::string(name_space)};
}

/// Compares what decides about values. A path or a place may differ without harm.
bool same(source_record const& left, source_record const& right) {
  return left.row.hash == right.row.hash && left.row.status == right.row.status &&
         left.row.is_effective == right.row.is_effective && left.document == right.document;
}

/// The bytes of a record; absent: there is no such record.
std::optional<lmdb::entry> find_record(lmdb::transaction& in, char const* database,
                                       std::string_view key) {
  auto const value = in.get(in.open(database, must_be_there), key);
  if (!value) return std::nullopt;
  return lmdb::entry{key, *value};
}

/// The value on disk: the record, and the changes after it.
result<void> compare_effective(layout const& records, lmdb::transaction& in, model const& now,
                               effective const& kept) {
  auto const record = find_record(in, keys::effective, kept.name_space);
  auto why = differs(kept.name_space, "the effective value in memory differs from the one on disk");
  if (record.has_value() != (kept.text != nullptr)) return why;
  if (!record) return {};
  record_reader fields(keys::effective, *record, records.keys());
  auto on_disk = read_effective(fields, kept.name_space);
  unwinding later(
      [&kept](std::string_view key_text) { return namespace_of(key_text) == kept.name_space; });
  auto revision = on_disk.revision;
  records.walk_key_back(
      in, kept.name_space, now.revision,
      [&](change_view const& one) {
        if (one.revision <= on_disk.revision) return false;
        bool const is_first = later.leaves().empty();
        later.add(one);
        if (is_first && !later.leaves().empty()) revision = one.revision;
        return true;
      },
      [&](revision_number damaged) {
        if (damaged > on_disk.revision)
          throw damaged_record(keys::changes, keys::encode_revision(damaged), "it is damaged");
      });
  auto text = *on_disk.text;
  if (!later.leaves().empty())
    text = json::canonical(
        boost::json::value(std::move(later.redo({{kept.name_space, text}}).begin()->second)));
  if (text != *kept.text || revision != kept.revision) return why;
  return {};
}

result<void> compare_sources(lmdb::transaction& in, namespace_state const& state,
                             key_ring const& with) {
  for (auto const& [id, kept] : state.sources) {
    auto const name = to_string(id);
    auto const record = find_record(in, keys::sources, name);
    bool equal = record.has_value();
    if (record) {
      record_reader fields(keys::sources, *record, &with);
      equal = same(*kept, read_source(fields, id, record_format::second, kept->document.text()));
    }
    if (!equal)
      return differs(state.value.name_space,
                     "source '" + name + "' in memory differs from the one on disk");
  }
  return {};
}

result<void> compare_overrides(layout const& records, lmdb::transaction& in,
                               namespace_state const& state) {
  auto const found = records.overrides_of(in, state.value.name_space);
  bool const both = found && state.overrides;
  if (both ? found->document() != state.overrides->document() : found != state.overrides)
    return differs(state.value.name_space, "the overrides in memory differ from those on disk");
  return {};
}

result<void> compare_layers(namespace_state const& state) {
  if (!state.value.text || merged_text(state) == *state.value.text) return {};
  return differs(state.value.name_space, "the effective value differs from the merged layers");
}

/// Reads the figures of the environment and returns whether the probe record is `text`.
bool read_probe(lmdb::environment& env, std::string const& text, key_ring const& with,
                probe_report& seen) {
  seen.dead_readers = env.check_readers();
  seen.map_bytes = env.map_bytes();
  seen.file_bytes = env.used_bytes();
  auto const begin = steady::now();
  lmdb::read_transaction view(env);
  auto const back = keys::get_meta(view, view.open(keys::meta, must_be_there), probe_key);
  seen.read = steady::now() - begin;
  for (auto const* const name : {keys::meta, keys::sources, keys::overrides, keys::effective,
                                 keys::changes, keys::timed, keys::keys})
    seen.live_bytes += view.used_bytes(view.open(name, must_be_there));
  lmdb::cursor at(view, view.open(keys::changes, must_be_there));
  if (auto const newest = at.last()) {
    try {
      record_reader fields(keys::changes, *newest, &with);
      seen.last_change = read_change_time(fields);
    } catch (damaged_record const&) {
      seen.last_change.reset(); // the check of the integrity reports it
    }
  }
  return back == text;
}

} // namespace

std::chrono::nanoseconds config_store::impl::write_meta(char const* key, std::string const& text) {
  while (true) {
    try {
      return guarded([&](lmdb::environment& env) -> std::chrono::nanoseconds {
        auto const begin = steady::now();
        lmdb::write_transaction writing(env);
        absorb_before(env, writing);
        keys::put_meta(writing, writing.open(keys::meta, must_be_there), key, text);
        auto const id = writing.id();
        writing.commit();
        seen = id;
        return steady::now() - begin;
      });
    } catch (lmdb_error const& failure) {
      if (!failure.map_full() || !file.grow(store_file::purpose::any)) throw;
    }
  }
}

result<probe_report> config_store::probe(wall_time now) {
  probe_report seen{.maximum_bytes = impl_->bounds.store_bytes};
  auto const text = std::to_string(now.time_since_epoch().count());
  try {
    impl_->mend(now);
    if (!std::exchange(impl_->is_probed, true))
      return error{.code = errc::store_failed,
                   .message = impl_->loss_text +
                              "; a new store was made from memory, without the history"};
    seen.written = impl_->write_meta(probe_key, text);
    if (!impl_->guarded([&](lmdb::environment& env) {
          return read_probe(env, text, *impl_->file.keys(), seen);
        }))
      return error{.code = errc::store_failed,
                   .message = "the probe record read back differs from the one written"};
    seen.revision = impl_->state.revision;
    seen.copy = impl_->kept.newest();
    seen.copy_failure = impl_->kept.failure();
    seen.traces = impl_->traces;
    if (auto const damaged = list_damaged(impl_->file.directory()); !damaged.empty())
      seen.damaged = damaged.front().string();
    return seen;
  } catch (lmdb_error const& failure) {
    if (impl_->file.is_lost()) impl_->is_probed = true;
    return error{.code = errc::store_failed, .message = failure.what()};
  }
}

std::string config_store::consumers() {
  return impl_->guarded([](lmdb::environment& env) {
    lmdb::read_transaction view(env);
    return keys::get_meta(view, view.open(keys::meta, must_be_there), consumers_key).value_or("");
  });
}

void config_store::keep_consumers(std::string const& record) {
  impl_->mend(wall_now());
  impl_->write_meta(consumers_key, record);
}

result<effective> config_store::verify(std::string_view name_space) {
  auto const* const found = engine::find_namespace(impl_->state, name_space);
  if (found == nullptr) return error{.code = errc::not_found, .subject = std::string(name_space)};
  auto const& state = *found;
  try {
    return impl_->guarded([&](lmdb::environment& env) -> result<effective> {
      lmdb::read_transaction view(env);
      if (view.id() != impl_->seen)
        return error{.code = errc::conflict,
                     .message = "another process has just written to the store",
                     .subject = std::string(name_space)};
      if (auto ok = compare_layers(state); !ok) return ok.error();
      auto const& with = *impl_->file.keys();
      if (!impl_->behind.is_unknown(name_space))
        if (auto ok = compare_effective(impl_->file.records(), view, impl_->state, state.value);
            !ok)
          return ok.error();
      if (auto ok = compare_sources(view, state, with); !ok) return ok.error();
      if (auto ok = compare_overrides(impl_->file.records(), view, state); !ok) return ok.error();
      return state.value;
    });
  } catch (lmdb_error const& failure) {
    return error{
        .code = errc::store_failed, .message = failure.what(), .subject = std::string(name_space)};
  }
}

examined_history config_store::examine_history(revision_number after, std::size_t maximum_bytes) {
  return impl_->guarded([&](lmdb::environment& env) {
    lmdb::read_transaction view(env);
    auto found = impl_->file.records().examine(view, after, maximum_bytes);
    if (!found.more) env.give_back_pages();
    return found;
  });
}

std::vector<mended_record> config_store::mend_index(revision_number after, revision_number last) {
  auto const& records = impl_->file.records();
  auto missing = impl_->guarded([&](lmdb::environment& env) {
    lmdb::read_transaction view(env);
    return records.find_unindexed(view, after, last);
  });
  if (missing.empty()) return {};
  impl_->transact([&](lmdb::write_transaction& in) {
    missing = records.find_unindexed(in, after, last);
    records.index_again(in, missing);
    return !missing.empty();
  });
  std::vector<mended_record> done;
  done.reserve(missing.size());
  for (auto const revision : missing)
    done.push_back({.record = "the index of revision " + std::to_string(revision) + " by key",
                    .outcome = "made again from the change",
                    .revision = revision});
  return done;
}

rules::verdict config_store::run_rule(rules::rule const& which) {
  auto const states = [this](std::string_view name) {
    return engine::find_namespace(impl_->state, name);
  };
  auto const nothing_newer = [](std::string_view) -> boost::json::value const* { return nullptr; };
  return impl_->policy_validator.run(which, states, nothing_newer);
}

} // namespace cfgd::store
