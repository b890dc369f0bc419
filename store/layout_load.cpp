#include "core/json.hpp"
#include "store/layout.hpp"
#include "store/layout_keys.hpp"

#include <boost/range/adaptor/reversed.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>
#include <vector>

// Loading a store. The records of effective values are checkpoints: the changes after the oldest of
// them are read, newest first, and what they say is put into the values. A change is not applied to
// a checkpoint that is newer.
//
// A damaged change may have changed any value whose checkpoint is older: those values are unknown
// here, and whoever has the layers merges them again.

namespace cfgd::store {
namespace {

namespace keys = layout_keys;

template <class Visit>
void for_each(lmdb::transaction& in, lmdb::database over, Visit visit) {
  lmdb::cursor at(in, over);
  for (auto entry = at.first(); entry; entry = at.next())
    visit(*entry);
}

namespace_state& state_of(model& all, std::string_view name_space) {
  auto& state = all.namespaces[std::string(name_space)];
  state.value.name_space = name_space;
  return state;
}

/// Applies changes, from the newest to the oldest, to the checkpoints of a model.
class roller {
 public:
  explicit roller(model& all)
      : all_(all), later_([this](std::string_view key_text) {
          return find_older(namespace_of(key_text)) != nullptr;
        }) {}

  void add(change_view const& one) {
    at_ = one.revision;
    later_.add(one);
    std::string_view last;
    for (auto const& leaf : one.keys) {
      auto const name = namespace_of(leaf.key);
      if (std::exchange(last, name) == name) continue;
      newest_.try_emplace(std::string(name), at_);
      if (find_older(name) != nullptr) lags_.push_back({std::string(name), at_, one.bytes});
    }
    lags_.push_back({{}, at_, one.bytes});
  }
  void skip(revision_number damaged) { damaged_ = std::max(damaged_, damaged); }

  void finish(checkpoints& behind) {
    for (auto const& one : boost::adaptors::reverse(lags_)) {
      if (one.name.empty())
        behind.note(one.bytes);
      else
        behind.add(one.name, one.at, one.bytes);
    }
    std::erase_if(lags_, [](lag const& one) { return one.name.empty(); });
    for (auto const& [name, state] : all_.namespaces)
      if (!state.value.text || state.value.revision < damaged_) behind.add_unknown(name);
    try {
      apply();
    } catch (storage_failure const&) { // written by another program
      for (auto const& one : lags_)
        behind.add_unknown(one.name);
    }
    for (auto& [name, state] : all_.namespaces)
      if (auto const found = newest_.find(name); found != newest_.end())
        state.value.revision = std::max(state.value.revision, found->second);
  }

 private:
  struct lag {
    std::string name; ///< empty: it is the change itself

    revision_number at;
    std::size_t bytes;
  };

  /// The state of a namespace whose checkpoint lacks the change at hand; null: none.
  namespace_state const* find_older(std::string_view name) const {
    auto const* const state = engine::find_namespace(all_, name);
    bool const is_older = state != nullptr && state->value.text && state->value.revision < at_;
    return is_older ? state : nullptr;
  }

  void apply() {
    std::map<std::string, std::string_view> texts;
    for (auto const& one : lags_)
      texts.emplace(one.name, *engine::find_namespace(all_, one.name)->value.text);
    for (auto& [name, document] : later_.redo(texts))
      all_.namespaces.find(name)->second.value.text = std::make_shared<std::string const>(
          json::canonical(boost::json::value(std::move(document))));
  }

  model& all_;
  revision_number at_ = 0;
  revision_number damaged_ = 0;
  unwinding later_;
  std::map<std::string, revision_number, std::less<>> newest_;
  std::vector<lag> lags_; ///< newest first
};

} // namespace

model layout::load(lmdb::transaction& in, checkpoints* behind) const {
  model all;
  all.revision = revision(in);
  // Before the sources, which may have the same text.
  for_each(in, effective_, [&](lmdb::entry const& entry) {
    keys::check_name(keys::effective, entry);
    record_reader fields(keys::effective, entry, keys_.get());
    state_of(all, entry.key).value = read_effective(fields, entry.key);
  });
  auto active_policy = std::make_shared<policy>();
  for_each(in, sources_, [&](lmdb::entry const& entry) {
    auto const id = keys::decode_source(entry);
    record_reader fields(keys::sources, entry, keys_.get());
    auto const read = [&](canonical::shared_text const& same) {
      return std::make_shared<source_record const>(
          read_source(fields, id, record_format::second, same));
    };
    if (id.what != source_kind::values) {
      active_policy->sources.emplace(id, read({}));
      return;
    }
    auto& state = state_of(all, *namespace_of(id));
    state.sources.emplace(id, read(state.value.text));
  });
  all.active_policy = std::move(active_policy);
  override_collector layers;
  for_each(in, overrides_, [&](lmdb::entry const& entry) { layers.add(entry, keys_.get()); });
  for (auto& [name, layer] : layers.finish())
    state_of(all, name).overrides = std::move(layer);
  for_each(in, pending_, [&](lmdb::entry const& entry) {
    auto const revision = keys::decode_revision(keys::timed, entry);
    record_reader fields(keys::timed, entry, keys_.get());
    all.pending.emplace(revision,
                        std::make_shared<pending_record const>(read_pending(fields, revision)));
  });
  auto found = roll_forward(in, all);
  if (behind != nullptr) *behind = std::move(found);
  return all;
}

std::shared_ptr<override_record const> layout::overrides_of(lmdb::transaction& in,
                                                            std::string_view name_space) const {
  auto const begin = keys::encode_override(name_space);
  override_collector layers;
  lmdb::cursor at(in, overrides_);
  for (auto entry = at.at_or_after(begin); entry && entry->key.starts_with(begin);
       entry = at.next())
    layers.add(*entry, keys_.get());
  auto found = layers.finish();
  return found.empty() ? nullptr : std::move(found.begin()->second);
}

checkpoints layout::roll_forward(lmdb::transaction& in, model& all) const {
  auto const settled = keys::get_meta(in, meta_, keys::settled)
                           ? keys::get_number(in, meta_, keys::settled)
                           : revision_number{0};
  checkpoints behind(settled);
  roller later(all);
  // A key may be what is damaged: then the change of the right revision is missing.
  auto const known = std::max(settled, cut(in));
  auto next = all.revision + 1;
  auto const find_gap = [&](revision_number at) {
    if (at + 1 < next && next - 1 > known) later.skip(next - 1);
    next = at;
  };
  try {
    walk_back(
        in, std::numeric_limits<revision_number>::max(),
        [&](change_view const& one) {
          find_gap(one.revision);
          if (one.revision <= settled) return false;
          later.add(one);
          return true;
        },
        [&](revision_number damaged) {
          find_gap(damaged);
          if (damaged > settled) later.skip(damaged);
        });
  } catch (damaged_record const&) { // a key that does not name a revision
    later.skip(std::numeric_limits<revision_number>::max());
  }
  later.finish(behind);
  return behind;
}

void layout::note_settled(lmdb::write_transaction& in, revision_number at) const {
  keys::put_meta(in, meta_, keys::settled, std::to_string(at));
}

} // namespace cfgd::store
