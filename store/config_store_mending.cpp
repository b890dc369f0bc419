#include "engine/diff.hpp"
#include "engine/overrides.hpp"
#include "engine/stored_text.hpp"
#include "store/config_store.hpp"
#include "store/config_store_impl.hpp"
#include "store/layout_keys.hpp"
#include "store/mending.hpp"

#include <utility>

// What needs the layers: effective values are merged again, and overrides derived from what the
// effective value has beyond the layers below them. While the store is in use memory has all of
// them, and a record that turns out to be damaged is written again.

namespace cfgd::store {
namespace {

namespace keys = layout_keys;
constexpr auto must_be_there = lmdb::transaction::if_absent::fail;

/// The overrides that are left and those that make the effective value of them and the layers
/// below; null: there are none, or they cannot be derived.
std::shared_ptr<override_record const> derive_overrides(namespace_state const& state,
                                                        std::string const& below, wall_time now) {
  std::vector<key_change> leaves;
  engine::append_differences(leaves, state.value.name_space, below, *state.value.text);
  engine::override_editor layer(state.overrides.get());
  override_origin by;
  by.from.where = cfgd::layer::overrides;
  by.time = now;
  for (auto const& leaf : leaves) {
    auto const which = engine::parse_stored_key(leaf.key);
    auto value = leaf.deleted() ? result<boost::json::value>(nullptr)
                                : engine::parse_stored_value(leaf.after);
    if (!which || !value) return nullptr;
    layer.set(*which, *value, by);
  }
  layer.set_revision(state.value.revision);
  auto made = layer.finish();
  auto tried = state;
  tried.overrides = made;
  return merged_text(tried) == *state.value.text ? made : nullptr;
}

/// Appends the keys that a layer has beyond another to an outcome.
void append_keys(std::string& to, override_record const* before, override_record const& layer) {
  constexpr std::size_t most = 10;
  std::size_t count = 0;
  engine::override_differences(before, &layer,
                               [&](key const& which, engine::override_entry const*) {
                                 if (count++ < most)
                                   to.append(count == 1 ? " (" : ", ").append(which.str());
                               });
  if (count > most) to.append(" and ").append(std::to_string(count - most)).append(" more");
  if (count > 0) to += ')';
}

template <class Read>
bool is_damaged(lmdb::transaction& in, key_ring const* with, char const* database,
                std::string const& key, Read read) {
  try {
    auto const value = in.get(in.open(database, must_be_there), key);
    if (!value) return false; // another difference, which verify() names
    record_reader fields(database, {key, *value}, with);
    read(fields);
    return false;
  } catch (damaged_record const&) {
    return true;
  }
}

/// Collects the records of a model that are damaged on disk, as they have to be written.
class damage_search {
 public:
  damage_search(lmdb::transaction& in, key_ring const* with) : in_(in), with_(with) {}

  void look_at(source_records const& all) {
    for (auto const& [id, record] : all) {
      if (!is_damaged(in_, with_, keys::sources, to_string(id),
                      [&id = id](record_reader& in) { std::ignore = read_source(in, id); }))
        continue;
      writes.sources.emplace_back(id, record);
      note("the source '" + to_string(id) + '\'', namespace_of(id).value_or(""));
    }
  }
  void look_at(namespace_state const& state) {
    auto const& name = state.value.name_space;
    look_at(state.sources);
    bool damaged = false;
    engine::override_differences(
        nullptr, state.overrides.get(), [&](key const& which, engine::override_entry const*) {
          auto const place = keys::encode_override(which.str());
          damaged = damaged ||
                    is_damaged(in_, with_, keys::overrides, place, [&place](record_reader& in) {
                      std::ignore = read_override(in, place);
                    });
        });
    if (damaged) {
      writes.overrides.push_back({name, nullptr, state.overrides});
      note("the overrides of '" + name + '\'', name);
    }
    if (is_damaged(in_, with_, keys::effective, name,
                   [&name](record_reader& in) { std::ignore = read_effective(in, name); })) {
      writes.effectives.push_back(state.value);
      note("the effective value of '" + name + '\'', name);
    }
  }
  /// A change after the checkpoint of a value may be damaged: a new checkpoint does not need it.
  void look_at_changes(layout const& records, namespace_state const& state,
                       revision_number newest) {
    bool damaged = false;
    records.walk_key_back(
        in_, state.value.name_space, newest, [](change_view const&) { return true; },
        [&damaged](revision_number) { damaged = true; });
    if (!damaged || !writes.effectives.empty()) return;
    writes.effectives.push_back(state.value);
    note("the effective value of '" + state.value.name_space + '\'', state.value.name_space);
  }
  void look_at(pending_records const& all) {
    for (auto const& [revision, record] : all) {
      if (!is_damaged(in_, with_, keys::timed, keys::encode_revision(revision),
                      [at = revision](record_reader& in) { std::ignore = read_pending(in, at); }))
        continue;
      writes.pending.emplace_back(revision, record);
      note("the pending change " + std::to_string(revision), "");
    }
  }

  write_set writes;
  std::vector<mended_record> found;

 private:
  void note(std::string record, std::string_view name_space) {
    found.push_back({.record = std::move(record),
                     .outcome = "written again from memory",
                     .name_space = std::string(name_space)});
  }

  lmdb::transaction& in_;
  key_ring const* with_;
};

} // namespace

/// What settle() writes for a namespace. Returns whether values are lost.
bool config_store::impl::settle_one(namespace_state const& one, mending& found, write_set& writes,
                                    wall_time now) const {
  auto const& name = one.value.name_space;
  bool const doubtful = found.doubtful.contains(name);
  bool const named = found.without_overrides.contains(name);
  if (behind.is_unknown(name)) {
    if (found.without_effective.empty() && !named) return false;
    writes.effectives.push_back(one.exists() ? one.value : effective{.name_space = name});
    found.done.push_back({.record = "the effective value of '" + name + '\'',
                          .outcome = "merged again from its layers",
                          .name_space = name,
                          .revision = state.revision});
    if (named)
      found.done.push_back({.record = "the overrides of '" + name + '\'',
                            .outcome = "lost, because the effective value is damaged, too",
                            .is_lost = true,
                            .name_space = name,
                            .revision = state.revision});
    return named || doubtful;
  }
  if (found.without_overrides.empty()) return false;
  // The namespace in the key of the damaged record may be what was damaged.
  bool const may_be = named || !doubtful || !one.overrides ||
                      found.without_overrides.contains(mending::unknown_name);
  if (!may_be) return false;
  auto const below = merged_text(one);
  if (below == *one.value.text && !named) return false;
  mended_record what{.record = "the overrides of '" + name + '\'',
                     .outcome = "derived from the effective value, without who set them",
                     .name_space = name,
                     .revision = one.value.revision};
  auto made = doubtful ? nullptr : derive_overrides(one, below, now);
  if (below == *one.value.text) {
    what.outcome = "none of them has an effect";
  } else if (made) {
    append_keys(what.outcome, one.overrides.get(), *made);
    writes.overrides.push_back({name, one.overrides, std::move(made)});
  } else {
    what.is_lost = true;
    what.outcome = "lost; the effective value has them until the next change";
    found.unmerged.insert(name);
  }
  found.done.push_back(std::move(what));
  return false;
}

// A Set merges only what it changes, so it would carry on what it finds. A source that is looked at
// again has the whole merged.
engine::decision config_store::impl::merge_again(plan& planned) const {
  using update = engine::source_update;
  engine::file_change all;
  for (auto const& name : unmerged) {
    auto const* const found = engine::find_namespace(state, name);
    if (found == nullptr) continue;
    for (auto const& [id, record] : found->sources) {
      auto const& row = record->row;
      update one{.id = id, .path = row.path, .identity = row.identity, .what = update::touched{}};
      if (row.why &&
          (row.status == source_status::missing || row.status == source_status::untrusted))
        one.what = update::blocked{row.status, *row.why};
      all.updates.push_back(std::move(one));
    }
  }
  return planned.apply(request(std::move(all)));
}

mending config_store::unsettled() {
  return impl_->guarded([](lmdb::environment& env) {
    lmdb::read_transaction view(env);
    return noted_mending(view);
  });
}

void config_store::settle(mending& found, wall_time now) {
  auto const noted = found;
  impl_->transact([&](lmdb::write_transaction& in) {
    found = noted; // the transaction may be tried again
    std::erase_if(found.unmerged, [this](std::string const& name) {
      auto const* const one = engine::find_namespace(impl_->state, name);
      return one == nullptr || !one->exists() || merged_text(*one) == *one->value.text;
    });
    write_set writes{.revision = impl_->state.revision};
    bool lost = false;
    for (auto const& [name, one] : impl_->state.namespaces)
      lost = impl_->settle_one(one, found, writes, now) || lost;
    for (auto const& name : found.without_overrides) {
      if (impl_->state.namespaces.contains(name)) continue;
      found.done.push_back({.record = "the overrides of '" + name + '\'',
                            .outcome = "lost, and with them the namespace",
                            .is_lost = true,
                            .name_space = name,
                            .revision = impl_->state.revision});
      lost = true;
    }
    impl_->file.records().write(in, writes);
    // Values differ, and no change says so: nobody goes on from before.
    if (lost) layout::continue_at(in, impl_->state.revision + 1);
    if (found.unmerged.empty())
      forget_mending(in);
    else
      note_mending(in, {.unmerged = found.unmerged});
    return true;
  });
  impl_->load();
}

std::vector<mended_record> config_store::rewrite_damaged(std::string_view name_space) {
  std::vector<mended_record> done;
  auto const look = [&](lmdb::transaction& in) {
    damage_search search(in, impl_->file.records().keys());
    if (auto const* const found = engine::find_namespace(impl_->state, name_space)) {
      search.look_at(*found);
      if (impl_->behind.is_behind(name_space))
        search.look_at_changes(impl_->file.records(), *found, impl_->state.revision);
    } else if (name_space.empty()) {
      search.look_at(impl_->state.active_policy->sources);
      search.look_at(impl_->state.pending);
    }
    done = std::move(search.found);
    return std::move(search.writes);
  };
  bool const needed = impl_->guarded([&](lmdb::environment& env) {
    lmdb::read_transaction view(env);
    return view.id() == impl_->seen && !look(view).empty();
  });
  if (!needed) return {};
  write_set written;
  impl_->transact([&](lmdb::write_transaction& in) {
    written = look(in);
    impl_->file.records().write(in, written);
    return !written.empty();
  });
  for (auto const& value : written.effectives)
    impl_->behind.forget(value.name_space);
  return done;
}

} // namespace cfgd::store
