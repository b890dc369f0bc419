#pragma once

#include <compare>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace cfgd {

/// An ordered map of immutable entries whose copies share what they have in common: a copy costs
/// nothing, a change the path to the entry, and differences() what differs. Copies may be used by
/// several threads, one object only by one at a time while it is changed.
///
/// `Order` compares keys, and whatever else is looked up, with keys, three ways; it has to be
/// transparent. NOLINTBEGIN(modernize-use-nullptr): clang-tidy takes `order < 0` for a pointer
template <class Key, class Value, class Order>
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
      auto const order = Order()(which, at->item->first);
      if (order == 0) return at->item.get();
      at = order < 0 ? at->left.get() : at->right.get();
    }
    return nullptr;
  }
  /// The first entry; null: there is none.
  entry const* first() const { return root_ ? first_of(root_).get() : nullptr; }

  /// The last entry that is not greater than a key, or that is less; null: there is none.
  template <class Wanted>
  entry const* find_not_above(Wanted const& which) const {
    return find_last([&which](Key const& one) { return Order()(one, which) <= 0; });
  }
  template <class Wanted>
  entry const* find_below(Wanted const& which) const {
    return find_last([&which](Key const& one) { return Order()(one, which) < 0; });
  }
  /// The first entry that is greater than a key; null: there is none.
  template <class Wanted>
  entry const* find_above(Wanted const& which) const {
    entry const* next = nullptr;
    for (auto const* at = root_.get(); at != nullptr;) {
      bool const is_above = Order()(at->item->first, which) > 0;
      if (is_above) next = at->item.get();
      at = is_above ? at->left.get() : at->right.get();
    }
    return next;
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
    if (before.root_ != after.root_) compare(before.root_, after.root_, each);
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
    auto const order = Order()(item->first, in->item->first);
    if (order < 0) return balance(in->item, put(in->left, std::move(item)), in->right);
    if (order > 0) return balance(in->item, in->left, put(in->right, std::move(item)));
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
    auto const order = Order()(which, in->item->first);
    if (order < 0) return balance(in->item, without(in->left, which), in->right);
    if (order > 0) return balance(in->item, in->left, without(in->right, which));
    if (!in->left || !in->right) return in->left ? in->left : in->right;
    return balance(first_of(in->right), in->left, without_first(in->right));
  }

  /// What is left of a map in a comparison: an entry, or a subtree that was not looked into.
  struct rest {
    node const* of;
    bool is_entry;

    std::size_t size() const { return is_entry ? 1 : of->size; }
    friend bool operator==(rest const&, rest const&) = default;
  };
  /// The next one is the last.
  using rests = std::vector<rest>;

  static rests begin_rests(tree const& in) {
    constexpr std::size_t usual_depth = 32;
    rests out;
    out.reserve(usual_depth);
    if (in) out.push_back({in.get(), false});
    return out;
  }
  /// Whether the next part of a map is a subtree that is not smaller than that of the other.
  static bool must_open(rests const& one, rests const& other) {
    return !one.empty() && !one.back().is_entry &&
           (other.empty() || one.back().size() >= other.back().size());
  }
  static void open(rests& in) {
    auto const* const from = in.back().of;
    in.pop_back();
    if (from->right) in.push_back({from->right.get(), false});
    in.push_back({from, true});
    if (from->left) in.push_back({from->left.get(), false});
  }

  /// Walks through both in order. The larger subtree is opened first, so subtrees that both have
  /// meet, and are left out, also where one map was balanced in another way.
  template <class Visitor>
  static void compare(tree const& before, tree const& after, Visitor& each) {
    auto olds = begin_rests(before);
    auto news = begin_rests(after);
    while (!olds.empty() || !news.empty()) {
      if (!olds.empty() && !news.empty() && olds.back() == news.back()) {
        olds.pop_back();
        news.pop_back();
        continue;
      }
      bool const opens_old = must_open(olds, news);
      bool const opens_new = must_open(news, olds);
      if (opens_old) open(olds);
      if (opens_new) open(news);
      if (!opens_old && !opens_new) compare_entries(olds, news, each);
    }
  }

  /// Takes the lesser of two entries, or both if they have one key.
  template <class Visitor>
  static void compare_entries(rests& olds, rests& news, Visitor& each) {
    entry const* const old = olds.empty() ? nullptr : olds.back().of->item.get();
    entry const* const now = news.empty() ? nullptr : news.back().of->item.get();
    auto const order = old == now       ? std::strong_ordering::equal
                       : old == nullptr ? std::strong_ordering::greater
                       : now == nullptr ? std::strong_ordering::less
                                        : Order()(old->first, now->first);
    if (order <= 0) olds.pop_back();
    if (order >= 0) news.pop_back();
    if (old != now) each(order <= 0 ? old : nullptr, order >= 0 ? now : nullptr);
  }

  template <class Visitor>
  static bool visit(node const* in, Visitor& each) {
    return in == nullptr ||
           (visit(in->left.get(), each) && each(*in->item) && visit(in->right.get(), each));
  }
  template <class Wanted, class Visitor>
  static bool visit_from(node const* in, Wanted const& from, Visitor& each) {
    if (in == nullptr) return true;
    if (Order()(in->item->first, from) < 0) return visit_from(in->right.get(), from, each);
    return visit_from(in->left.get(), from, each) && each(*in->item) &&
           visit(in->right.get(), each);
  }

  tree root_; // NOLINTEND(modernize-use-nullptr)
};

} // namespace cfgd
