#include "store/key_index.hpp"

#include "core/key.hpp"
#include "store/encoding.hpp"
#include "store/layout_keys.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <optional>

// A change has an entry for each key that it touches and for each of the keys above it, so that the
// changes below any key are one range, in the order of their revisions: no merge, however many keys
// are below. Keys are replaced by hashes, because LMDB's keys are short; a reader compares the keys
// of the change itself, so two keys with one hash cost time and nothing else.
//
// A change that was damaged when it was indexed has one entry for all keys.
//
// A change with very many keys, such as the first content of a large file, has entries for its
// namespaces alone: else its commit would write more index than data.

namespace cfgd::store {
namespace {

/// Changes with more keys have entries of the kind `wide`.
constexpr std::size_t most_keys = 64;

enum class kind : char { key = 0, wide = 1 };

/// What the entries of a key begin with.
std::string begin_entry(kind what, std::string_view key_text) {
  auto const hash = XXH3_64bits(key_text.data(), key_text.size());
  return static_cast<char>(what) + layout_keys::encode_revision(hash);
}

/// Calls `visit` with the text of each key above the one of this text, and with that.
template <class Visit>
void for_each_above(std::string_view key_text, Visit visit) {
  bool quoted = false;
  for (std::size_t at = 0; at < key_text.size(); ++at) {
    char const c = key_text[at];
    if (quoted && c == '\\')
      ++at;
    else if (c == '"')
      quoted = !quoted;
    else if (c == '.' && !quoted)
      visit(key_text.substr(0, at));
  }
  visit(key_text);
}

/// Walks the entries of one kind and key from their end.
class range {
 public:
  range(lmdb::transaction& in, lmdb::database over, std::string begin, revision_number newest)
      : at_(in, over), begin_(std::move(begin)) {
    auto const behind = at_.at_or_after(begin_ + layout_keys::encode_revision(newest + 1));
    take(behind ? at_.previous() : at_.last());
  }

  /// The revision that it is at; absent: the range has ended.
  std::optional<revision_number> const& revision() const { return revision_; }
  void go_on() { take(at_.previous()); }

 private:
  void take(std::optional<lmdb::entry> const& found) {
    revision_.reset();
    if (!found || !found->key.starts_with(begin_)) return;
    revision_ = layout_keys::decode_revision(
        layout_keys::keys, {.key = found->key.substr(begin_.size()), .value = {}});
  }

  lmdb::cursor at_;
  std::string begin_;
  std::optional<revision_number> revision_;
};

} // namespace

std::vector<std::string> key_index::entries_of(engine::change_view const& one) {
  auto const revision = layout_keys::encode_revision(one.revision);
  std::vector<std::string> entries;
  bool const is_wide = one.keys.size() > most_keys;
  std::string_view last;
  for (auto const& leaf : one.keys) {
    if (!is_wide)
      for_each_above(leaf.key, [&entries](std::string_view text) {
        entries.push_back(begin_entry(kind::key, text));
      });
    else if (auto const name = namespace_of(leaf.key); name != last)
      entries.push_back(begin_entry(kind::wide, last = name));
  }
  std::ranges::sort(entries);
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  for (auto& entry : entries)
    entry += revision;
  return entries;
}

std::vector<std::string> key_index::entries_of_damaged(revision_number revision) {
  return {begin_entry(kind::wide, {}) + layout_keys::encode_revision(revision)};
}

void key_index::add(lmdb::write_transaction& in, std::vector<std::string> const& entries) const {
  for (auto const& entry : entries) {
    record_writer nothing;
    in.put(keys_, entry, nothing.finish(entry));
  }
}

void key_index::erase(lmdb::write_transaction& in, std::vector<std::string> const& entries) const {
  for (auto const& entry : entries)
    in.erase(keys_, entry);
}

bool key_index::has(lmdb::transaction const& in, std::vector<std::string> const& entries) const {
  return std::ranges::all_of(entries, [&](std::string const& entry) {
    record_writer nothing;
    return in.get(keys_, entry) == nothing.finish(entry);
  });
}

void key_index::walk_back(lmdb::transaction& in, std::string_view key_text, revision_number newest,
                          std::function<bool(revision_number)> const& visit) const {
  newest = std::min(newest, std::numeric_limits<revision_number>::max() - 1);
  range narrow(in, keys_, begin_entry(kind::key, key_text), newest);
  range wide(in, keys_, begin_entry(kind::wide, namespace_of(key_text)), newest);
  range damaged(in, keys_, begin_entry(kind::wide, {}), newest);
  while (true) {
    auto const next = std::max({narrow.revision(), wide.revision(), damaged.revision()});
    if (!next || !visit(*next)) return;
    for (auto* const one : {&narrow, &wide, &damaged})
      if (one->revision() == next) one->go_on();
  }
}

} // namespace cfgd::store
