#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::client::detail {

/// Values by key, for many look-ups. A copy shares the values, and most of its memory: a change of
/// one key after it costs a few nanoseconds for each four keys. Copies are changed and destroyed
/// by one thread; any thread may read one that does not change.
class value_table {
 public:
  /// Null: there is none.
  boost::json::value const* find(std::string_view key) const noexcept;
  void set(std::string_view key, boost::json::value value);
  void erase(std::string_view key);

  std::size_t size() const { return size_; }
  /// In no particular order.
  void
  for_each(std::function<void(std::string_view, boost::json::value const&)> const& visit) const;

 private:
  struct entry {
    std::string key;
    boost::json::value value;
  };
  struct place {
    std::size_t hash = 0;
    std::shared_ptr<entry const> what;
  };
  /// A few places; replaced when one of them changes.
  struct page {
    std::shared_ptr<place const[]> places;
    std::size_t count = 0;
  };

  page& page_of(std::size_t hash) { return pages_[hash & (pages_.size() - 1)]; }
  static void replace(page& in, std::vector<place> with);
  void grow();

  std::vector<page> pages_; ///< a power of two
  std::size_t size_ = 0;
};

} // namespace cfgd::client::detail
