#include "engine/pending.hpp"
#include "store/blame.hpp"
#include "store/config_store_impl.hpp"
#include "store/history.hpp"

#include <utility>

// Questions about the past. The past is derived from the present in memory and the changes on disk,
// so both must be of one transaction: what another process has committed meanwhile is taken over
// first. take_foreign() returns it for publication.

namespace cfgd::store {

namespace {

/// Runs `work` in a read transaction whose state is that of the model.
template <class Inside, class Work>
auto look_back(Inside& store, Work work) {
  return store.guarded([&](lmdb::environment& env) {
    lmdb::read_transaction view(env);
    if (view.id() != store.seen) store.absorb(view);
    return work(view);
  });
}

} // namespace

history_page config_store::log(history_query const& asked, std::size_t maximum_bytes) {
  return look_back(*impl_, [&](lmdb::transaction& in) {
    return read_log(impl_->file.records(), in, impl_->state, asked, maximum_bytes);
  });
}

result<std::vector<key_change>> config_store::differences(revision_number from, revision_number to,
                                                          std::optional<key> const& prefix) {
  return look_back(*impl_, [&](lmdb::transaction& in) {
    return differences_between(impl_->file.records(), in, impl_->state, {from, to}, prefix);
  });
}

result<std::map<std::string, std::string>>
config_store::values_at(revision_number revision, std::span<std::string const> name_spaces) {
  return look_back(*impl_, [&](lmdb::transaction& in) {
    return shown_texts_at(impl_->file.records(), in, impl_->state, revision, name_spaces);
  });
}

result<blamed_keys> config_store::blame(std::string_view name_space) {
  return look_back(*impl_, [&](lmdb::transaction& in) {
    return blame_namespace(impl_->file.records(), in, impl_->state, name_space);
  });
}

std::vector<pending_change> config_store::pending() const {
  return engine::list_pending(impl_->state.pending);
}

} // namespace cfgd::store
