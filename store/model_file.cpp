#include "store/model_file.hpp"

#include "engine/secret_changes.hpp"
#include "store/layout.hpp"
#include "store/lmdb.hpp"

// A store is written from memory where the one on disk must not be relied on: for the copies, and
// after its files were removed or replaced. Records of a model are immutable and shared, so another
// thread may write them while the committer goes on.

namespace cfgd::store {
namespace {

constexpr std::size_t spare_bytes = 16 * 1024 * 1024;
constexpr std::size_t page_bytes = 4096;

void add_sources(write_set& to, source_records const& all) {
  for (auto const& [id, record] : all)
    to.sources.emplace_back(id, record);
}

write_set everything_of(model const& all) {
  write_set out{.revision = all.revision};
  for (auto const& [name, state] : all.namespaces) {
    add_sources(out, state.sources);
    if (state.overrides) out.overrides.push_back({name, nullptr, state.overrides});
    if (state.value.text) out.effectives.push_back(state.value);
    if (engine::declares_secrets(state)) out.with_secrets.push_back(name);
  }
  add_sources(out, all.active_policy->sources);
  for (auto const& [revision, one] : all.pending)
    out.pending.emplace_back(revision, one);
  return out;
}

} // namespace

void write_model(std::filesystem::path const& empty, model const& all, store_identity const& who,
                 std::size_t maximum_bytes) {
  lmdb::environment made(empty,
                         {.map_bytes = (maximum_bytes + spare_bytes) / page_bytes * page_bytes,
                          .databases = layout::database_count,
                          .is_private = true});
  lmdb::write_transaction in(made);
  layout::create(in, wall_now());
  layout::adopt(in, {.id = who.id, .revision = all.revision, .cut = who.cut});
  layout const records(in, who.keys);
  auto everything = everything_of(all);
  everything.with_secrets.insert(everything.with_secrets.end(), who.sealed.begin(),
                                 who.sealed.end());
  records.write(in, everything);
  records.forget_traces(in); // it is a new file
  in.commit();
}

} // namespace cfgd::store
