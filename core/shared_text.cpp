#include "core/shared_text.hpp"

#include "core/document.hpp"
#include "core/json.hpp"
#include "core/json_scan.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

// A page is an object of its own with some leaves that follow each other, so it is searched and
// read as any canonical text. The whole is the pages one after the other, without what ends and
// begins again in between: after {"a":{"x":1}} follows {"a":{"y":2}} as {"a":{"x":1,"y":2}}.
//
// Both forms are made once, by the first thread that wants them. The size is known without either:
// it is that of the pages less what their joints save.

namespace cfgd::canonical {
namespace {

/// Pages begin with about this size, and are divided evenly at twice of it.
constexpr std::size_t page_bytes = 1536;

constexpr char separator = '\0';

std::string join(std::span<std::string const> path) {
  std::string joined;
  for (auto const& part : path) {
    if (&part != path.data()) joined += separator;
    joined += part;
  }
  return joined;
}

std::size_t depth_of(std::string_view path) {
  return 1 + static_cast<std::size_t>(std::ranges::count(path, separator));
}

/// The number of objects below the root that two leaves have in common.
std::size_t common_depth(std::string_view one, std::string_view other) {
  auto const end = std::ranges::mismatch(one, other).in1;
  return static_cast<std::size_t>(std::count(one.begin(), end, separator));
}

bool is_at_or_below(std::string_view path, std::string_view parent) {
  return path.starts_with(parent) &&
         (path.size() == parent.size() || path[parent.size()] == separator);
}

bool is_tree(std::string_view value) { return value.size() > 2 && value.front() == '{'; }

/// Calls `visit(path, value)` for each leaf of a value whose path, `at`, has `depth` parts.
template <class Visitor>
void visit_leaves(std::string at, std::size_t depth, std::string_view text, Visitor visit) {
  if (!is_tree(text)) return visit(std::string_view(at), text);
  std::vector<std::size_t> open{at.size()};
  for (std::size_t place = 1; !open.empty() && place < text.size();) {
    if (text[place] == '}') {
      open.pop_back();
      ++place;
      continue;
    }
    if (text[place] == ',') ++place;
    auto const end = json::skip_string(text, place);
    at.resize(open.back());
    if (depth + open.size() > 1) at += separator;
    json::append_unquoted(at, text.substr(place, end - place));
    place = end + 1;
    if (text[place] == '{' && text[place + 1] != '}') {
      open.push_back(at.size());
      ++place;
      continue;
    }
    auto const behind = json::skip_leaf(text, place);
    visit(std::string_view(at), text.substr(place, behind - place));
    place = behind;
  }
}

/// How many bytes of an object are before the members of the one that is `depth` objects below it.
std::size_t opening_bytes(std::string_view text, std::size_t depth) {
  std::size_t at = 1;
  for (; depth > 0; --depth)
    at = json::skip_string(text, at) + 2;
  return at;
}

/// Appends an object that follows another one, with which it has `depth` objects in common.
void append_behind(std::string& out, std::string_view text, std::size_t depth) {
  out.resize(out.size() - depth - 1);
  out += ',';
  out += text.substr(opening_bytes(text, depth));
}

} // namespace

struct shared_text::content {
  mutable std::atomic<bool> has_whole{false};
  mutable std::atomic<bool> has_pages{false};
  mutable std::once_flag make_whole;
  mutable std::once_flag make_pages;
  mutable std::shared_ptr<std::string const> whole = nullptr;
  mutable page_table pages = {};
  std::size_t size = 0;
};

/// Writes leaves, which come in order, as pages.
class shared_text::writer {
 public:
  explicit writer(std::size_t most) : most_(most) {}

  void add(std::string_view path, std::string_view value) {
    if (text_.size() + value.size() > most_ && !text_.empty()) flush();
    std::size_t open = 0; // objects below the root that stay open
    if (text_.empty()) {
      first_ = path;
      text_ = '{';
    } else {
      open = common_depth(last_, path);
      text_.append(depth_of(last_) - 1 - open, '}');
      text_ += ',';
    }
    last_ = path;
    for (std::size_t part = 0, at = 0; at <= path.size(); ++part) {
      auto const end = std::min(path.find(separator, at), path.size());
      if (part >= open) {
        json::append_string(text_, path.substr(at, end - at));
        text_ += end < path.size() ? ":{" : ":";
      }
      at = end + 1;
    }
    text_ += value;
  }

  std::vector<page_table::entry_pointer> finish() {
    if (!text_.empty()) flush();
    return std::move(done_);
  }

 private:
  void flush() {
    text_.append(depth_of(last_), '}');
    done_.push_back(std::make_shared<page_table::entry const>(
        std::move(first_), page{std::string(text_), std::move(last_)}));
    text_.clear();
    first_.clear();
    last_.clear();
  }

  std::size_t most_; ///< bytes of a page, about
  std::string text_;
  std::string first_;
  std::string last_;
  std::vector<page_table::entry_pointer> done_;
};

/// Looks for pages by paths, and at what is around them.
class shared_text::pages {
 public:
  using entry = page_table::entry;
  explicit pages(page_table const& all) : all_(all) {}

  /// The page in which a leaf with this path is or would be; null: there are no pages.
  entry const* covering(std::string_view path) const {
    auto const* const found = all_.find_not_above(path);
    return found != nullptr ? found : behind({});
  }
  entry const* before(std::string_view first) const { return all_.find_below(first); }
  /// The first page that begins behind a path.
  entry const* behind(std::string_view path) const { return all_.find_above(path); }

  /// The bytes of pages that follow each other, joined to those around them; null: there are none.
  template <class Pages>
  static std::size_t bytes_of(entry const* before, Pages const& some, entry const* behind) {
    std::size_t bytes = 0;
    auto const* last = before;
    for (auto const& one : some) {
      bytes += one->second.text.size() - saved_between(last, &*one);
      last = &*one;
    }
    return bytes - saved_between(last, behind);
  }

  /// The pages that have, or get, leaves at or below the path, and a small one behind them. Their
  /// bytes are added to `bytes`.
  std::vector<entry const*> touched(entry const* at, std::string_view joined,
                                    std::size_t& bytes) const {
    std::vector<entry const*> out;
    for (auto const* one = at; one != nullptr; one = behind(one->first)) {
      bool const is_needed = one == at || is_at_or_below(one->first, joined);
      if (!is_needed && bytes + one->second.text.size() > page_bytes) break;
      out.push_back(one);
      bytes += one->second.text.size();
      if (!is_needed) break;
    }
    return out;
  }

 private:
  static std::size_t saved_between(entry const* one, entry const* next) {
    if (one == nullptr || next == nullptr) return 0;
    auto const depth = common_depth(one->second.last, next->first);
    return depth + opening_bytes(next->second.text, depth); // a comma comes instead of one byte
  }

  page_table const& all_;
};

shared_text::shared_text(std::shared_ptr<std::string const> whole) {
  if (!whole) return;
  auto made = std::make_shared<content>();
  made->size = whole->size();
  made->whole = std::move(whole);
  made->has_whole = true;
  content_ = std::move(made);
}

std::size_t shared_text::size() const { return content_ ? content_->size : 0; }

bool shared_text::is_whole() const { return !content_ || content_->has_whole; }

std::shared_ptr<std::string const> const& shared_text::whole() const {
  static std::shared_ptr<std::string const> const none;
  if (!content_) return none;
  std::call_once(content_->make_whole, [this] {
    if (content_->whole) return;
    std::string text;
    text.reserve(content_->size);
    page_table::entry const* last = nullptr;
    content_->pages.visit([&](page_table::entry const& one) {
      if (last == nullptr)
        text += one.second.text;
      else
        append_behind(text, one.second.text, common_depth(last->second.last, one.first));
      last = &one;
      return true;
    });
    if (text.empty()) text = "{}";
    BOOST_ASSERT(text.size() == content_->size);
    content_->whole = std::make_shared<std::string const>(std::move(text));
    content_->has_whole = true;
  });
  return content_->whole;
}

shared_text::page_table const& shared_text::table() const {
  std::call_once(content_->make_pages, [this] {
    if (content_->has_pages) return;
    writer out(page_bytes);
    if (is_tree(*content_->whole))
      visit_leaves({}, 0, *content_->whole,
                   [&out](std::string_view path, std::string_view value) { out.add(path, value); });
    content_->pages = page_table::of_sorted(out.finish());
    content_->has_pages = true;
  });
  return content_->pages;
}

followed shared_text::follow(std::span<std::string const> path, std::string* space) const {
  if (!content_->has_pages) return canonical::follow(*content_->whole, path);
  pages const all(content_->pages);
  auto const joined = join(path);
  auto const* at = all.covering(joined);
  if (at == nullptr) return {.depth = std::min<std::size_t>(path.size(), 1), .value = {}};
  auto const here = canonical::follow(at->second.text, path);
  bool const is_leaf = !here.value.empty() && !is_tree(here.value);
  auto const* next = is_leaf ? nullptr : all.behind(std::max<std::string_view>(joined, at->first));
  auto const further = next == nullptr ? 0 : common_depth(joined + separator, next->first);
  if (further < path.size())
    return {.depth =
                is_leaf ? here.depth : std::max(here.depth, std::min(path.size(), further + 1)),
            .value = here.depth > further ? here.value : std::string_view()};
  // An object that goes on in other pages.
  bool const begins_here = here.depth == path.size() && !here.value.empty();
  if (space == nullptr)
    return {.depth = path.size(),
            .value = begins_here ? here.value : canonical::follow(next->second.text, path).value};
  auto const* last = at;
  *space = begins_here ? here.value : std::string_view();
  for (; next != nullptr && is_at_or_below(next->first, joined); next = all.behind(last->first)) {
    auto const value = canonical::follow(next->second.text, path).value;
    if (space->empty())
      *space = value;
    else
      append_behind(*space, value, common_depth(last->second.last, next->first) - path.size());
    last = next;
  }
  return {.depth = path.size(), .value = *space};
}

std::optional<std::string_view> shared_text::find(std::span<std::string const> path,
                                                  std::string& space) const {
  if (path.empty()) return **this;
  auto const at = follow(path, &space);
  if (at.depth < path.size() || at.value.empty()) return std::nullopt;
  return at.value;
}

namespace {

bool is_inside(std::string_view part, std::string_view text) {
  constexpr std::less_equal<> is_not_behind;
  return !part.empty() && is_not_behind(text.data(), part.data()) &&
         is_not_behind(part.data() + part.size(), text.data() + text.size());
}

/// canonical::follow() in a page. What was `found` there need not be looked for again.
followed follow_in(std::string_view page, std::span<std::string const> path,
                   std::string_view found) {
  return is_inside(found, page) ? followed{.depth = path.size(), .value = found}
                                : canonical::follow(page, path);
}

/// The text of a page with another leaf in the place of a leaf; absent if it is not that simple.
std::optional<std::string> with_leaf(std::string const& old, std::string_view before,
                                     std::string_view after) {
  bool const are_leaves = !before.empty() && !is_tree(before) && !after.empty() && !is_tree(after);
  if (!are_leaves || old.size() - before.size() + after.size() > 2 * page_bytes)
    return std::nullopt;
  auto const from = static_cast<std::size_t>(before.data() - old.data());
  std::string text;
  text.reserve(old.size() - before.size() + after.size());
  return text.append(old, 0, from).append(after).append(old, from + before.size());
}

} // namespace

std::optional<shared_text> shared_text::with(std::span<std::string const> path,
                                             std::string_view value, std::string_view found) const {
  BOOST_ASSERT(!path.empty());
  auto made = std::make_shared<content>();
  made->has_pages = true;
  auto& now = made->pages;
  now = table();
  pages const all(table());
  auto const joined = join(path);
  auto const* const at = all.covering(joined);
  auto const here = at == nullptr ? followed() : follow_in(at->second.text, path, found);
  if (here.depth == path.size())
    if (auto text = with_leaf(at->second.text, here.value, value)) {
      made->size = content_->size - here.value.size() + value.size();
      now.insert_or_assign(at->first, page{*std::move(text), at->second.last});
      return shared_text(std::move(made));
    }
  std::size_t bytes = value.size();
  auto const old = all.touched(at, joined, bytes);
  auto const* const before = at == nullptr ? nullptr : all.before(at->first);
  auto const* const behind = old.empty() ? nullptr : all.behind(old.back()->first);

  auto const parent = joined.substr(0, joined.size() - path.back().size());
  bool keeps_parent = path.size() == 1 || !value.empty() ||
                      (before != nullptr && before->second.last.starts_with(parent)) ||
                      (behind != nullptr && behind->first.starts_with(parent));
  auto const parts = 1 + bytes / (2 * page_bytes);
  writer out(std::max(bytes / parts, page_bytes / 2) + page_bytes / 2);
  bool is_put = value.empty();
  auto const put = [&] {
    if (!std::exchange(is_put, true))
      visit_leaves(joined, path.size(), value,
                   [&out](std::string_view which, std::string_view one) { out.add(which, one); });
  };
  for (auto const* const one : old)
    visit_leaves({}, 0, one->second.text, [&](std::string_view which, std::string_view leaf) {
      if (is_at_or_below(which, joined)) return;
      if (which > joined) put();
      keeps_parent = keeps_parent || which.starts_with(parent);
      out.add(which, leaf);
    });
  put();
  if (!keeps_parent) return std::nullopt;
  auto const added = out.finish();
  for (auto const* const one : old)
    now.erase(one->first);
  for (auto const& one : added)
    now.insert_or_assign(one);
  auto const empty_bytes = std::string_view("{}").size();
  auto const others = old.empty() ? 0 : content_->size - pages::bytes_of(before, old, behind);
  made->size = now.empty() ? empty_bytes : others + pages::bytes_of(before, added, behind);
  return shared_text(std::move(made));
}

} // namespace cfgd::canonical
