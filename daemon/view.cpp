#include "daemon/view.hpp"

#include "core/document.hpp"
#include "core/key.hpp"
#include "daemon/problems/problems_report.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

// Messages from the committer arrive in the order of its work. So a text that it read has, when it
// arrives, the revision published last, and can be used together with cached texts.
//
// The cache, its prepared bytes and everything made from its texts contain no secrets: secrets are
// available through secrets_of() only.

namespace cfgd {
namespace {

/// The namespace without its secrets.
engine::effective without_secrets(engine::effective const& whole) {
  return {.name_space = whole.name_space,
          .revision = whole.revision,
          .text = whole.shown ? whole.shown : whole.text};
}

/// What is kept of more namespaces is dropped whole: each would look at all keys of the change.
constexpr std::size_t few_namespaces = 16;

bool hides(engine::effective const& one) {
  return one.text && one.shown &&
         one.text.size() != one.shown.size(); // what is left out is shorter
}

} // namespace

void view::begin(beginning const& with) {
  revision_ = with.revision;
  store_id_ = with.store_id;
  for (auto const& one : with.effectives)
    cache_.publish(take(one));
  for (auto const& row : with.sources)
    note_source(row, false);
  fallbacks_ = find_fallbacks(with.sources);
  pending_.replace(with.pending);
  note_overrides(with.overrides);
}

void view::publish(engine::committed_change const& done) {
  note_late_values(done);
  // A change says nothing of keys that became secret or ceased to be.
  bool const is_exact = !done.needs_resync && done.effectives.size() <= few_namespaces;
  for (auto const& one : done.effectives) {
    if (one.text) changed_bytes_ += one.text.size();
    auto const shown = take(one);
    bool const is_late = late_values_.erase(one.name_space) != 0;
    cache_.publish(shown, is_exact && !is_late ? &done.changes : nullptr);
  }
  for (auto const& transition : done.transitions)
    note_source(transition.now, transition.gone);
  if (done.pending) pending_.replace(*done.pending);
  note_overrides(done.overrides);
  revision_ = std::max(revision_, done.revision);
}

void view::note_late_values(engine::committed_change const& done) {
  std::set<std::string_view> known;
  for (auto const& one : done.effectives)
    known.insert(one.name_space);
  std::string_view last;
  for (auto const& record : done.changes)
    for (auto const& leaf : record->keys) {
      auto const name = namespace_of(leaf.key);
      if (name != std::exchange(last, name) && !known.contains(name)) late_values_.emplace(name);
    }
}

void view::note_old_texts(std::string const& name_space) {
  if (auto const old = cache_.peek(name_space); old && old.is_whole())
    old_texts_.emplace_back(old.whole());
  if (auto const* const secret = secrets_of(name_space)) old_texts_.emplace_back(secret->whole);
}

std::optional<std::string_view> view::find_in(std::string_view text, key const& which) {
  auto const* const secret = secrets_of(which.name_space());
  if (secret != nullptr && secret->whole->data() == text.data())
    return secret->values->find(which.path());
  return cache_.find_in(text, which);
}

std::size_t view::old_text_bytes() {
  std::erase_if(old_texts_, [](auto const& one) { return one.expired(); });
  std::size_t bytes = 0;
  for (auto const& one : old_texts_)
    if (auto const text = one.lock()) bytes += text->capacity();
  return bytes;
}

engine::effective view::take(engine::effective const& newest) {
  note_old_texts(newest.name_space);
  if (hides(newest))
    secrets_.insert_or_assign(newest.name_space,
                              secret_texts{newest.text.whole(), newest.shown.whole(),
                                           std::make_shared<canonical::finder>(*newest.text)});
  else
    secrets_.erase(newest.name_space);
  return without_secrets(newest);
}

void view::note_source(engine::source_row const& row, bool gone) {
  ++sources_version_;
  if (gone || row.status == engine::source_status::active)
    problems_.erase(to_string(row.id));
  else
    problems_[to_string(row.id)] = {row.path, row.status, row.is_effective};
}

bool view::has_effective_content(source_id const& id) const {
  auto const found = problems_.find(to_string(id));
  return found == problems_.end() || found->second.is_effective;
}

void view::note_overrides(std::vector<engine::override_summary> const& newest) {
  for (auto const& one : newest)
    if (one.overrides == 0)
      overrides_.erase(one.name_space);
    else
      overrides_.insert_or_assign(one.name_space, one);
}

engine::override_summary
view::overrides(std::function<bool(std::string_view)> const& may_read) const {
  engine::override_summary all;
  for (auto const& [name, one] : overrides_) {
    if (may_read && !may_read(name)) continue;
    all.overrides += one.overrides;
    all.hidden += one.hidden;
    if (one.since) all.since = std::min(all.since.value_or(*one.since), *one.since);
  }
  return all;
}

view::secret_texts const* view::secrets_of(std::string_view name_space) const {
  if (secrets_.empty()) return nullptr;
  auto const found = secrets_.find(name_space);
  return found == secrets_.end() ? nullptr : &found->second;
}

bool view::is_secret(key const& which) const {
  auto const* const both = secrets_of(which.name_space());
  return both != nullptr && canonical::find(*both->whole, which.path()) &&
         !canonical::find(*both->shown, which.path());
}

view::texts view::reveal(texts const& shown, std::function<bool(std::string_view)> const& may,
                         std::function<bool(std::string_view)> const& may_read) const {
  texts revealed = shown;
  if (may_read) std::erase_if(revealed, [&](auto const& one) { return !may_read(one.first); });
  for (auto& [name, text] : revealed)
    if (auto const* const secret = secrets_of(name); secret != nullptr && may(name))
      text = secret->whole;
  return revealed;
}

void view::with_texts(committer& reader, std::optional<names> which,
                      std::function<void(texts const&)> use,
                      std::function<void(error const&)> failed, std::optional<asker> by) {
  texts found;
  bool complete = true;
  auto const look = [&](std::string const& name) {
    auto const here = cache_.text_of(name);
    if (here.what == value_cache::status::found) found.emplace(name, here.text);
    if (here.what == value_cache::status::not_loaded) complete = false;
  };
  if (which)
    std::for_each(which->begin(), which->end(), look);
  else
    for (auto const& name : cache_.namespaces())
      look(name);
  if (complete) {
    use(found);
    return;
  }
  // All of them are read, not the missing ones alone: others may be evicted until it arrives.
  reader.query(
      [which = std::move(which)](store::config_store& store) {
        std::vector<engine::effective> read;
        if (!which)
          read = store.effectives();
        else
          for (auto const& name : *which)
            read.push_back(store.read(name));
        for (auto const& one : read)
          std::ignore = without_secrets(one).text.whole(); // put together here, not on the loop
        return read;
      },
      [this, use = std::move(use),
       failed = std::move(failed)](result<std::vector<engine::effective>> const& read) {
        if (!read) {
          report("cache_unfilled",
                 "values could not be read back into memory: " + read.error().message);
          failed(read.error());
          return;
        }
        texts all;
        for (auto const& one : *read) {
          if (one.text == nullptr) continue;
          auto const shown = without_secrets(one);
          all.emplace(shown.name_space, shown.text.whole());
          cache_.fill(shown);
        }
        use(all);
      },
      std::move(by));
}

} // namespace cfgd
