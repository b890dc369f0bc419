#pragma once

#include "core/document.hpp"
#include "core/shared_map.hpp"

#include <compare>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace cfgd::canonical {

/// The canonical text of an object: immutable, shared by its copies, used by any thread. It is kept
/// as one string or in pages, or both, and made what it is asked for. A text that differs in one
/// member shares all other pages, so making it takes a time that grows with the logarithm of its
/// size. Valid views need a copy that lives as long.
class shared_text {
 public:
  /// No text.
  shared_text() = default;
  shared_text(std::nullptr_t) {}
  /// Null: no text.
  shared_text(std::shared_ptr<std::string const> whole);

  explicit operator bool() const { return content_ != nullptr; }
  /// Whether two are copies of one text.
  friend bool operator==(shared_text const&, shared_text const&) = default;

  std::size_t size() const;
  /// Whether it is there as one string. Otherwise the following make one, which they keep.
  bool is_whole() const;
  std::shared_ptr<std::string const> const& whole() const;
  std::string const& operator*() const { return *whole(); }
  std::string const* operator->() const { return whole().get(); }

  /// Makes the pages, so that look-ups take a time that grows with the logarithm of the size.
  void divide() const { std::ignore = table(); }

  /// How far a path can be followed, as canonical::follow(). An object that lies in several pages
  /// is put together in `space`, which must live as long as the view; null: some of it is enough.
  followed follow(std::span<std::string const> path, std::string* space) const;
  /// The value at a path; absent: there is none.
  std::optional<std::string_view> find(std::span<std::string const> path, std::string& space) const;

  /// The text with another value, a canonical text, at a path that follow() follows to its end;
  /// empty: without the member. Absent: an object below the root would lose its last member.
  /// `found` may be what follow() has found there, so that it is not looked for again.
  std::optional<shared_text> with(std::span<std::string const> path, std::string_view value,
                                  std::string_view found = {}) const;

 private:
  struct page {
    std::string text; ///< some leaves of the document, as an object of their own
    std::string last; ///< the path of its last leaf
  };
  /// By the path of the first leaf in each page: its parts with a NUL between them, which no name
  /// has, so that bytes have the order of leaves.
  using page_table = shared_map<std::string, page, std::compare_three_way>;
  struct content;
  class pages;
  class writer;

  explicit shared_text(std::shared_ptr<content const> made) : content_(std::move(made)) {}
  page_table const& table() const;

  std::shared_ptr<content const> content_;
};

} // namespace cfgd::canonical
