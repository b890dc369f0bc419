#include "engine/diff.hpp"

#include "core/document.hpp"

#include <string>

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

} // namespace

void append_differences(std::vector<key_change>& out, std::string_view name_space,
                        std::string_view before, std::string_view after) {
  if (before != after) walk(out, name_space).members(before, after);
}

void append_differences(std::vector<key_change>& out, key const& at, std::string_view before,
                        std::string_view after) {
  walk(out, at.str()).values(before, after);
}

} // namespace cfgd::engine
