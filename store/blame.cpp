#include "store/blame.hpp"

#include "core/json.hpp"
#include "engine/merge.hpp"
#include "engine/overrides.hpp"
#include "engine/typed_source.hpp"

#include <boost/range/adaptor/reversed.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <unordered_map>
#include <utility>

// History is read first, and only until every leaf has its change. For leaves whose change is no
// longer kept the layers are read, the topmost first: the topmost layer that sets an effective leaf
// is its origin. A damaged change may have set any leaf that is still open. An older change is then
// the origin of a leaf only if it gave it the value of today; else the layers are asked. Each file
// is walked once instead of once per leaf: the places of a file are counted from its beginning, and
// a namespace may have a hundred thousand leaves.

namespace cfgd::store {
namespace {

/// The leaves of a namespace, and which of them have no origin yet.
class search {
 public:
  explicit search(namespace_state const& state) : state_(state) {
    key const whole(std::vector{state.value.name_space});
    canonical::for_each_leaf(whole, *state.value.text,
                             [this](key const& which, std::string_view value) {
                               auto& leaf = found_.emplace_back();
                               leaf.key = which.str();
                               leaf.value = value;
                               keys_.push_back(which);
                               return true;
                             });
    for (std::size_t at = 0; at < found_.size(); ++at)
      open_.emplace(found_[at].key, at);
  }

  bool done() const { return open_.empty(); }

  /// Takes the leaves that a change touches. Call it for changes from the newest to the oldest.
  void ask(change_view const& newer) {
    for (auto const& leaf : newer.keys) {
      auto const open = open_.find(leaf.key);
      if (open == open_.end()) continue;
      auto& found = found_[open->second];
      if (!damaged_.empty() && leaf.after != found.value) {
        doubtful_.insert(open_.extract(open));
        continue;
      }
      open_.erase(open);
      found.from = origin_of(newer, leaf);
      found.time = newer.time;
      found.comment = newer.comment;
      if (leaf.secret) found.value.clear();
    }
  }

  /// Notes a change that cannot be read, in its place among the others.
  void skip(revision_number damaged) { damaged_.push_back(damaged); }

  /// The changes are read: the layers are asked for all leaves that have no change.
  void end_changes() { open_.merge(doubtful_); }

  /// Takes the leaves that the override layer sets. Looked up leaf by leaf: overrides are few, and
  /// their setter may be that of a parent.
  void ask(override_record const& overrides) {
    auto const still = std::exchange(open_, {});
    engine::layer_locks const locks(state_.locks.get(), layer::overrides);
    auto const document = locks.empty() ? boost::json::object() : overrides.document();
    for (auto const& [text, at] : still) {
      auto const path = keys_[at].path();
      if (overrides.look_up(path).what != engine::layer_answer::kind::value ||
          locks.find_ignoring(document, path) != nullptr) {
        open_.emplace(text, at);
        continue;
      }
      if (auto const* const by = engine::find_origin(overrides, keys_[at]))
        found_[at].from = by->from;
      found_[at].from.where = layer::overrides;
    }
  }

  /// Takes the leaves that a source sets, with their places.
  void ask(source_record const& source) {
    if (!source.row.is_effective || done()) return;
    std::string at = state_.value.name_space;
    std::size_t place = 0;
    auto const document = engine::typed_document(source, state_.schema.get());
    locks_ = {state_.locks.get(), source.row.id.where};
    walk(source, *document, document->root, at, place);
  }

  /// For the leaves that are left: the defaults of the schema.
  void ask_one_by_one() {
    for (auto const& [text, at] : open_) {
      auto const why = explain(state_, keys_[at]);
      auto const decides = std::ranges::find(why.layer_values, false, &layer_value::is_locked);
      if (decides != why.layer_values.end()) found_[at].from = decides->from;
    }
  }

  blamed_keys finish() && {
    if (state_.schema && state_.schema->what->has_secrets()) {
      for (std::size_t at = 0; at < found_.size(); ++at)
        if (state_.schema->what->is_secret(keys_[at].path())) found_[at].value.clear();
    }
    return {.lines = std::move(found_), .damaged = std::move(damaged_)};
  }

 private:
  /// Removes the leaf of a key that a document sets from the open ones; null: it is not open, or a
  /// lock takes it from the document.
  blamed_key* take(std::string_view key_text, boost::json::object const& document) {
    auto const found = open_.find(key_text);
    if (found == open_.end()) return nullptr;
    if (locks_.find_ignoring(document, keys_[found->second].path()) != nullptr) return nullptr;
    auto& leaf = found_[found->second];
    open_.erase(found);
    return &leaf;
  }

  void walk(source_record const& source, sourced_document const& document,
            boost::json::object const& from, std::string& at, std::size_t& place) {
    for (auto const& member : from) {
      auto const here = place++;
      auto const length = at.size();
      append_key_part(at, member.key());
      if (auto* const found = member.value().is_null() ? nullptr : take(at, document.root)) {
        found->from.where = source.row.id.where;
        found->from.path = source.row.path;
        found->from.revision = source.row.revision;
        if (here < document.places.size()) found->from.at = document.places[here];
      }
      if (auto const* const below = member.value().if_object())
        walk(source, document, *below, at, place);
      else
        pass(member.value(), place);
      at.resize(length);
    }
  }

  /// Counts the nodes in an array.
  static void pass(boost::json::value const& value, std::size_t& place) {
    if (auto const* const list = value.if_array()) {
      place += list->size();
      for (auto const& element : *list)
        pass(element, place);
    } else if (auto const* const object = value.if_object()) {
      place += object->size();
      for (auto const& member : *object)
        pass(member.value(), place);
    }
  }

  namespace_state const& state_;
  engine::layer_locks locks_{nullptr, layer::defaults}; ///< for the source that is asked
  std::vector<blamed_key> found_;
  std::vector<key> keys_;
  using leaves = std::unordered_map<std::string_view, std::size_t>; ///< views into found_
  leaves open_;
  leaves doubtful_; ///< set by an older change, and perhaps by a damaged one after it
  std::vector<revision_number> damaged_;
};

} // namespace

result<blamed_keys> blame_namespace(layout const& records, lmdb::transaction& in, model const& now,
                                    std::string_view name_space) {
  auto const* const found = engine::find_namespace(now, name_space);
  if (found == nullptr || !found->value.text)
    return error{.code = errc::not_found,
                 .message = "no such namespace",
                 .subject = std::string(name_space)};
  auto const& state = *found;
  search all(state);
  auto const ask = [&all](change_view const& one) {
    all.ask(one);
    return !all.done();
  };
  auto const skip = [&all](revision_number damaged) { all.skip(damaged); };
  if (!all.done()) records.walk_key_back(in, state.value.name_space, now.revision, ask, skip);
  all.end_changes();
  if (state.overrides) all.ask(*state.overrides);
  for (auto const& [id, source] : boost::adaptors::reverse(state.sources))
    all.ask(*source);
  all.ask_one_by_one();
  return std::move(all).finish();
}

} // namespace cfgd::store
