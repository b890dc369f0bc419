#include "engine/diff.hpp"

#include "core/document.hpp"
#include "core/json.hpp"
#include "engine/model.hpp"
#include "engine/stored_text.hpp"
#include "engine/typed_source.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

// Both texts are canonical: members are sorted, and equal values have equal texts. Equal parts are
// skipped by one comparison of bytes; the others are walked like the merge step of a merge sort,
// without building values. A value that turns from a leaf into an object deletes that leaf and
// creates those below it; its own key comes first in key order.

namespace cfgd::engine {
namespace {

bool is_tree(std::string_view text) { return text.size() > 2 && text.front() == '{'; }

class walk {
 public:
  walk(std::vector<key_change>& out, std::string_view name_space) : out_(out), key_(name_space) {}

  void values(std::string_view before, std::string_view after) {
    if (before == after) return;
    auto const leaf_before = is_tree(before) ? std::string_view() : before;
    auto const leaf_after = is_tree(after) ? std::string_view() : after;
    if (!leaf_before.empty() || !leaf_after.empty())
      out_.push_back({key_, std::string(leaf_before), std::string(leaf_after)});
    if (is_tree(before) || is_tree(after)) members(before, after);
  }

  void members(std::string_view before, std::string_view after) {
    auto const olds = is_tree(before) ? canonical::members(before) : none();
    auto const news = is_tree(after) ? canonical::members(after) : none();
    auto left = olds.begin();
    auto right = news.begin();
    while (left != olds.end() || right != news.end()) {
      int const order = left == olds.end()    ? 1
                        : right == news.end() ? -1
                                              : left->name.compare(right->name);
      auto const& name = order <= 0 ? left->name : right->name;
      auto const length = key_.size();
      append_key_part(key_, name);
      values(order <= 0 ? (left++)->value : std::string_view(),
             order >= 0 ? (right++)->value : std::string_view());
      key_.resize(length);
    }
  }

 private:
  static std::vector<canonical::member> none() { return {}; }

  std::vector<key_change>& out_;
  std::string key_;
};

/// A request that changes more than some keys and this share of a namespace is merged as a whole.
constexpr std::size_t some_keys = 8;
constexpr std::size_t bytes_per_key = 256;

std::size_t most_keys(namespace_state const& in) {
  return some_keys + in.value.text.size() / bytes_per_key;
}

/// The text of a source that counts; none: it says nothing.
canonical::shared_text text_of(source_record const* of) {
  return of != nullptr && of->row.is_effective ? of->document.text() : canonical::shared_text();
}

/// Appends the leaves in which the files of two states differ. Returns whether that says all: a
/// format without types may make a fault of what another file has.
bool append_source_differences(std::vector<key_change>& out, namespace_state const& was,
                               namespace_state const& now) {
  std::map<source_id, std::pair<source_record const*, source_record const*>> both;
  for (auto const& [id, source] : was.sources)
    both[id].first = source.get();
  for (auto const& [id, source] : now.sources)
    both[id].second = source.get();
  for (auto const& [id, versions] : both) {
    auto const& [old, current] = versions;
    if (text_rules_of(id)) return false;
    auto const before = text_of(old);
    auto const after = text_of(current);
    if (before == after) continue;
    append_differences(out, now.value.name_space, before ? std::string_view(*before) : "",
                       after ? std::string_view(*after) : "");
    if (out.size() > most_keys(was)) return false;
  }
  return true;
}

/// What an override layer says about a path; empty: nothing.
std::string text_at(override_record const* layer, std::span<std::string const> path) {
  if (layer == nullptr) return {};
  if (path.empty()) return json::canonical(layer->document());
  auto const found = layer->look_up(path);
  if (!found.is_there) return {};
  return found.what == layer_answer::kind::removal ? "null" : layer->text_at(path, found);
}

/// How many parts of a path lead to what a layer has of it, if that is an object without members,
/// which is a leaf; otherwise all of them.
std::size_t depth_of_leaf(override_record const* layer, std::span<std::string const> path) {
  auto depth = path.size();
  while (layer != nullptr && depth > 0 && !layer->look_up(path.first(depth)).is_there)
    --depth;
  if (layer == nullptr || depth == 0 || depth == path.size()) return path.size();
  // What has keys below it has members; to write them for each key would be quadratic.
  auto const found = layer->look_up(path.first(depth));
  bool const is_leaf =
      found.is_object && found.value != nullptr && found.value->get_object().empty();
  return is_leaf ? depth : path.size();
}

/// The key that differs, or the leaf above it that comes or goes with it.
key nearest_leaf(override_record const* before, override_record const* after, key const& which) {
  auto const depth =
      std::min(depth_of_leaf(before, which.path()), depth_of_leaf(after, which.path()));
  return first_parts(which, depth);
}

/// Sorts keys, and leaves out those below others.
std::vector<key> topmost(std::vector<key> all) {
  std::ranges::sort(all);
  std::vector<key> kept;
  kept.reserve(all.size());
  for (auto& one : all)
    if (kept.empty() || !kept.back().contains(one)) kept.push_back(std::move(one));
  return kept;
}

} // namespace

void append_differences(std::vector<key_change>& out, std::string_view name_space,
                        std::string_view before, std::string_view after) {
  if (before != after) walk(out, name_space).members(before, after);
}

void append_differences(std::vector<key_change>& out, key const& at, std::string_view before,
                        std::string_view after) {
  walk(out, at.str()).values(before, after);
}

void append_differences(std::vector<key_change>& out, std::string const& name_space,
                        override_record const* before, override_record const* after) {
  std::optional<key> last;
  for (auto const& one : topmost_differences(before, after)) {
    if (last && last->contains(one)) continue;
    last = nearest_leaf(before, after, one);
    auto const old = text_at(before, last->path());
    auto const now = text_at(after, last->path());
    if (last->path().empty())
      append_differences(out, name_space, std::string_view(old), std::string_view(now));
    else
      append_differences(out, *last, old, now);
  }
}

std::optional<std::vector<key>> differing_keys(namespace_state const& was,
                                               namespace_state const& now) {
  if (was.schema != now.schema || was.locks != now.locks) return std::nullopt;
  auto all = topmost_differences(was.overrides.get(), now.overrides.get());
  if (was.sources != now.sources) {
    // A lock looks at more of a file than at its keys, and so does an "x-key".
    if (now.locks || has_element_keys(now.schema.get())) return std::nullopt;
    std::vector<key_change> leaves;
    if (!append_source_differences(leaves, was, now)) return std::nullopt;
    all.reserve(all.size() + leaves.size());
    for (auto const& leaf : leaves) {
      auto which = parse_stored_key(leaf.key);
      if (!which) return std::nullopt;
      all.push_back(*std::move(which));
    }
    all = topmost(std::move(all));
  }
  if (all.size() > most_keys(was)) return std::nullopt;
  return all;
}

} // namespace cfgd::engine
