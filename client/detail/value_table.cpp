/// A hash table of small pages. Copies of the table share pages; a page is copied before it is
/// changed, unless no other table has it. So a new version of a large table costs little, and a
/// look-up reads one page.

#include "client/detail/value_table.hpp"

#include <algorithm>
#include <utility>

namespace cfgd::client::detail {
namespace {

constexpr std::size_t keys_of_page = 8; ///< on average, at most

std::size_t hash_of(std::string_view key) { return std::hash<std::string_view>()(key); }

} // namespace

boost::json::value const* value_table::find(std::string_view key) const noexcept {
  if (pages_.empty()) return nullptr;
  std::size_t const hash = hash_of(key);
  for (auto const& one : *pages_[hash & (pages_.size() - 1)])
    if (one.hash == hash && one.what->key == key) return &one.what->value;
  return nullptr;
}

value_table::page& value_table::writable(std::size_t hash) {
  auto& shared = pages_[hash & (pages_.size() - 1)];
  if (shared.use_count() != 1) shared = std::make_shared<page>(*shared);
  return *shared;
}

void value_table::set(std::string_view key, boost::json::value value) {
  if (size_ >= pages_.size() * keys_of_page) grow();
  std::size_t const hash = hash_of(key);
  auto made = std::make_shared<entry const>(entry{std::string(key), std::move(value)});
  auto& into = writable(hash);
  auto const same = [&](place const& one) { return one.hash == hash && one.what->key == key; };
  if (auto const old = std::ranges::find_if(into, same); old != into.end()) {
    old->what = std::move(made);
    return;
  }
  into.push_back({hash, std::move(made)});
  ++size_;
}

void value_table::erase(std::string_view key) {
  if (find(key) == nullptr) return;
  std::size_t const hash = hash_of(key);
  std::erase_if(writable(hash),
                [&](place const& one) { return one.hash == hash && one.what->key == key; });
  --size_;
}

void value_table::grow() {
  auto const old = std::exchange(pages_, {});
  std::size_t const count = std::max<std::size_t>(old.size() * 2, 1);
  pages_.reserve(count);
  while (pages_.size() < count)
    pages_.push_back(std::make_shared<page>());
  for (auto const& each : old)
    for (auto const& one : *each)
      pages_[one.hash & (count - 1)]->push_back(one);
}

void value_table::for_each(
    std::function<void(std::string_view, boost::json::value const&)> const& visit) const {
  for (auto const& each : pages_)
    for (auto const& one : *each)
      visit(one.what->key, one.what->value);
}

} // namespace cfgd::client::detail
