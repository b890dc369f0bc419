#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace cfgd {

/// An ordered map of immutable entries whose copies share what they have in common: a copy costs
/// nothing, a change the path to the entry, and differences() what differs. Copies may be used by
/// several threads, one object only by one at a time while it is changed.
///
/// `Less` compares keys, and whatever else is looked up, with keys; it has to be transparent.
template <class Key, class Value, class Less>
class shared_map {
 public:
  using entry = std::pair<Key const, Value>;
  using entry_pointer = std::shared_ptr<entry const>;

  shared_map() = default;
  /// The map of entries that are in order.
  static shared_map of_sorted(std::vector<entry_pointer> const& all) {
    return shared_map(build(all, 0, all.size()));
  }

  std::size_t size() const { return size_of(root_); }
  bool empty() const { return root_ == nullptr; }

  /// The entry of a key; null: there is none. Valid as long as any map has it.
  template <class Wanted>
  entry const* find(Wanted const& which) const {
    auto const* at = root_.get();
    while (at != nullptr) {
      if (Less()(which, at->item->first))
        at = at->left.get();
      else if (Less()(at->item->first, which))
        at = at->right.get();
      else
        return at->item.get();
    }
    return nullptr;
  }

  /// The last entry that is not greater than a key, or that is less; null: there is none.
  template <class Wanted>
  entry const* find_not_above(Wanted const& which) const {
    return find_last([&which](Key const& one) { return !Less()(which, one); });
  }
  template <class Wanted>
  entry const* find_below(Wanted const& which) const {
    return find_last([&which](Key const& one) { return Less()(one, which); });
  }

  /// Calls `each(entry const&)` in order, until it returns false.
  template <class Visitor>
  void visit(Visitor each) const {
    visit(root_.get(), each);
  }
  /// The same for the entries that are not less than `from`.
  template <class Wanted, class Visitor>
  void visit_from(Wanted const& from, Visitor each) const {
    visit_from(root_.get(), from, each);
  }

  void insert_or_assign(Key which, Value value) {
    root_ = put(root_, std::make_shared<entry const>(std::move(which), std::move(value)));
  }
  /// The same with an entry of another map, which both share.
  void insert_or_assign(entry_pointer item) { root_ = put(root_, std::move(item)); }
  template <class Wanted>
  void erase(Wanted const& which) {
    if (find(which) != nullptr) root_ = without(root_, which);
  }

  /// Calls `each(old, now)` (entry const*) in order for each key whose entry is not the same object
  /// in two maps. Null: the key is not in that map.
  template <class Visitor>
  static void differences(shared_map const& before, shared_map const& after, Visitor each) {
    compare(before.root_, after.root_, each);
  }

 private:
  struct node;
  using tree = std::shared_ptr<node const>;
  // Weight-balanced: no subtree has more than `delta` times the entries of its sibling (Adams 1993,
  // with the parameters that Hirai and Yamamoto proved, "Balancing weight-balanced trees", 2011).
  struct node {
    entry_pointer item;
    tree left;
    tree right;
    std::size_t size;
  };
  static constexpr std::size_t delta = 3;
  static constexpr std::size_t gamma = 2;

  explicit shared_map(tree root) : root_(std::move(root)) {}

  template <class Before>
  entry const* find_last(Before is_before) const {
    entry const* last = nullptr;
    for (auto const* at = root_.get(); at != nullptr;) {
      bool const is_in = is_before(at->item->first);
      if (is_in) last = at->item.get();
      at = is_in ? at->right.get() : at->left.get();
    }
    return last;
  }

  static std::size_t size_of(tree const& of) { return of ? of->size : 0; }
  static tree make(entry_pointer item, tree left, tree right) {
    auto const size = size_of(left) + size_of(right) + 1;
    return std::make_shared<node const>(
        node{std::move(item), std::move(left), std::move(right), size});
  }
  static bool is_heavy(tree const& one, tree const& other) {
    return size_of(one) + 1 > delta * (size_of(other) + 1);
  }
  static bool is_single(tree const& inner, tree const& outer) {
    return size_of(inner) + 1 < gamma * (size_of(outer) + 1);
  }

  static tree build(std::vector<entry_pointer> const& all, std::size_t from, std::size_t to) {
    if (from == to) return nullptr;
    auto const middle = from + (to - from) / 2;
    return make(all[middle], build(all, from, middle), build(all, middle + 1, to));
  }

  /// Two trees of which one may have one entry too many or too few.
  static tree balance(entry_pointer item, tree left, tree right) {
    if (is_heavy(right, left)) {
      auto const& [top, inner, outer, size] = *right;
      if (is_single(inner, outer)) return make(top, make(std::move(item), left, inner), outer);
      return make(inner->item, make(std::move(item), left, inner->left),
                  make(top, inner->right, outer));
    }
    if (is_heavy(left, right)) {
      auto const& [top, outer, inner, size] = *left;
      if (is_single(inner, outer)) return make(top, outer, make(std::move(item), inner, right));
      return make(inner->item, make(top, outer, inner->left),
                  make(std::move(item), inner->right, right));
    }
    return make(std::move(item), std::move(left), std::move(right));
  }

  static tree put(tree const& in, entry_pointer item) {
    if (!in) return make(std::move(item), nullptr, nullptr);
    if (Less()(item->first, in->item->first))
      return balance(in->item, put(in->left, std::move(item)), in->right);
    if (Less()(in->item->first, item->first))
      return balance(in->item, in->left, put(in->right, std::move(item)));
    return make(std::move(item), in->left, in->right);
  }

  static entry_pointer const& first_of(tree const& in) {
    return in->left ? first_of(in->left) : in->item;
  }
  static tree without_first(tree const& in) {
    return in->left ? balance(in->item, without_first(in->left), in->right) : in->right;
  }

  template <class Wanted>
  static tree without(tree const& in, Wanted const& which) {
    if (Less()(which, in->item->first))
      return balance(in->item, without(in->left, which), in->right);
    if (Less()(in->item->first, which))
      return balance(in->item, in->left, without(in->right, which));
    if (!in->left || !in->right) return in->left ? in->left : in->right;
    return balance(first_of(in->right), in->left, without_first(in->right));
  }

  /// Trees of any sizes.
  static tree join(entry_pointer const& item, tree const& left, tree const& right) {
    if (is_heavy(right, left))
      return balance(right->item, join(item, left, right->left), right->right);
    if (is_heavy(left, right))
      return balance(left->item, left->left, join(item, left->right, right));
    return make(item, left, right);
  }

  struct parts {
    tree below;
    entry_pointer same;
    tree above;
  };
  /// What is below and above a key. Whole subtrees stay the objects that they are.
  static parts split(tree const& in, Key const& at) {
    if (!in) return {};
    if (Less()(at, in->item->first)) {
      auto some = split(in->left, at);
      some.above = join(in->item, some.above, in->right);
      return some;
    }
    if (Less()(in->item->first, at)) {
      auto some = split(in->right, at);
      some.below = join(in->item, in->left, some.below);
      return some;
    }
    return {in->left, in->item, in->right};
  }

  template <class Visitor>
  static void compare(tree const& before, tree const& after, Visitor& each) {
    if (before == after) return;
    if (!after) {
      compare(before->left, nullptr, each);
      each(before->item.get(), static_cast<entry const*>(nullptr));
      compare(before->right, nullptr, each);
      return;
    }
    auto const old = split(before, after->item->first);
    compare(old.below, after->left, each);
    if (old.same != after->item) each(old.same.get(), after->item.get());
    compare(old.above, after->right, each);
  }

  template <class Visitor>
  static bool visit(node const* in, Visitor& each) {
    return in == nullptr ||
           (visit(in->left.get(), each) && each(*in->item) && visit(in->right.get(), each));
  }
  template <class Wanted, class Visitor>
  static bool visit_from(node const* in, Wanted const& from, Visitor& each) {
    if (in == nullptr) return true;
    if (Less()(in->item->first, from)) return visit_from(in->right.get(), from, each);
    return visit_from(in->left.get(), from, each) && each(*in->item) &&
           visit(in->right.get(), each);
  }

  tree root_;
};

} // namespace cfgd
