/// A hash table of small pages, which tables share. So a new version of a large table costs little,
/// and a look-up goes through few pointers: the page, the entry, and what they point to.

#include "client/detail/value_table.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace cfgd::client::detail {
namespace {

constexpr std::size_t keys_of_page = 4; ///< on average, at most

std::size_t hash_of(std::string_view key) { return std::hash<std::string_view>()(key); }

} // namespace

boost::json::value const* value_table::find(std::string_view key) const noexcept {
  if (pages_.empty()) return nullptr;
  std::size_t const hash = hash_of(key);
  auto const& in = pages_[hash & (pages_.size() - 1)];
  for (auto const& one : std::span(in.places.get(), in.count))
    if (one.hash == hash && one.what->key == key) return &one.what->value;
  return nullptr;
}

void value_table::replace(page& in, std::vector<place> with) {
  if (with.empty()) {
    in = {};
    return;
  }
  auto made = std::make_shared<place[]>(with.size());
  std::ranges::move(with, made.get());
  in = {std::move(made), with.size()};
}

void value_table::set(std::string_view key, boost::json::value value) {
  if (size_ >= pages_.size() * keys_of_page) grow();
  std::size_t const hash = hash_of(key);
  auto& in = page_of(hash);
  std::vector<place> places(in.places.get(), in.places.get() + in.count);
  auto const same = [&](place const& one) { return one.hash == hash && one.what->key == key; };
  auto found = std::ranges::find_if(places, same);
  if (found == places.end()) {
    found = places.insert(found, {hash, nullptr});
    ++size_;
  }
  found->what = std::make_shared<entry const>(entry{std::string(key), std::move(value)});
  replace(in, std::move(places));
}

void value_table::erase(std::string_view key) {
  if (find(key) == nullptr) return;
  std::size_t const hash = hash_of(key);
  auto& in = page_of(hash);
  std::vector<place> places(in.places.get(), in.places.get() + in.count);
  std::erase_if(places, [&](place const& one) { return one.hash == hash && one.what->key == key; });
  --size_;
  replace(in, std::move(places));
}

void value_table::grow() {
  auto const old = std::exchange(pages_, {});
  std::vector<std::vector<place>> grown(std::max<std::size_t>(old.size() * 2, 1));
  for (auto const& each : old)
    for (auto const& one : std::span(each.places.get(), each.count))
      grown[one.hash & (grown.size() - 1)].push_back(one);
  pages_.resize(grown.size());
  for (std::size_t number = 0; number < grown.size(); ++number)
    replace(pages_[number], std::move(grown[number]));
}

void value_table::for_each(
    std::function<void(std::string_view, boost::json::value const&)> const& visit) const {
  for (auto const& each : pages_)
    for (auto const& one : std::span(each.places.get(), each.count))
      visit(one.what->key, one.what->value);
}

} // namespace cfgd::client::detail
