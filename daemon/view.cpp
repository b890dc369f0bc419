#include "daemon/view.hpp"

#include <algorithm>
#include <utility>

// Messages from the committer come in the order of its work. So what it read for us is, when it
// arrives, exactly as new as what was published before it, and can be used beside cached texts.

namespace cfgd {

void view::begin(revision_number revision, std::vector<store::effective> const& effectives,
                 std::vector<store::source_row> const& sources) {
  revision_ = revision;
  for (auto const& one : effectives)
    cache_.publish(one);
  for (auto const& row : sources)
    note_source(row, false);
}

void view::publish(store::applied const& done) {
  for (auto const& one : done.effectives)
    cache_.publish(one);
  for (auto const& transition : done.transitions)
    note_source(transition.now, transition.gone);
  revision_ = std::max(revision_, done.revision);
}

void view::note_source(store::source_row const& row, bool gone) {
  if (gone || row.status == store::source_status::active)
    problems_.erase(to_string(row.id));
  else
    problems_[to_string(row.id)] = {row.path, row.status};
}

void view::with_texts(committer& reader, std::optional<names> which,
                      std::function<void(texts const&)> use,
                      std::function<void(error const&)> failed) {
  texts found;
  bool complete = true;
  auto const take = [&](std::string const& name) {
    auto const here = cache_.text_of(name);
    if (here.what == store::cache::status::found) found.emplace(name, here.text);
    if (here.what == store::cache::status::not_loaded) complete = false;
  };
  if (which)
    std::for_each(which->begin(), which->end(), take);
  else
    for (auto const& name : cache_.namespaces())
      take(name);
  if (complete) {
    use(found);
    return;
  }
  // All of them are read, not the missing ones alone: others may be evicted until it arrives.
  reader.query(
      [which = std::move(which)](store::config_store& store) {
        if (!which) return store.effectives();
        std::vector<store::effective> read;
        for (auto const& name : *which)
          read.push_back(store.read(name));
        return read;
      },
      [this, use = std::move(use),
       failed = std::move(failed)](result<std::vector<store::effective>> const& read) {
        if (!read) {
          failed(read.error());
          return;
        }
        texts all;
        for (auto const& one : *read) {
          if (one.text == nullptr) continue;
          all.emplace(one.name_space, one.text);
          cache_.fill(one);
        }
        use(all);
      });
}

} // namespace cfgd
