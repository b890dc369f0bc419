#include "core/outline.hpp"

#include "core/document.hpp"
#include "core/json.hpp"
#include "core/json_scan.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <utility>

// The members of every object in a canonical text are ordered by the bytes of their names, so a
// binary search finds a name once the positions of all members are known. The table has the members
// of an object next to each other, but the scanner meets their contents in between. So the members
// of objects that are still open are kept on a stack and moved to the table when their object ends.
// Each byte of the text is read once, whatever the nesting.
//
// Values inside of lists have no keys and are skipped.

namespace cfgd::canonical {
namespace {

/// Scanning a text of this many bytes takes as long as a lookup in an outline.
constexpr std::size_t short_text = 512;

} // namespace

outline::outline(std::string_view text) {
  nodes_.push_back({.value = 0, .end = text.size()});
  if (!text.starts_with('{')) return;
  struct open_object {
    node itself;
    std::size_t members; ///< its first one in `waiting`
  };
  std::vector<node> waiting;
  std::vector<open_object> open{{nodes_.front(), 0}};
  for (std::size_t at = 1; at < text.size();) {
    if (text[at] == ',') ++at;
    if (at == text.size()) break;
    if (text[at] != '}') {
      node one{.name = at};
      one.value = json::skip_string(text, at) + 1;
      if (one.value >= text.size()) break;
      if (text[one.value] == '{') {
        open.push_back({one, waiting.size()});
        at = one.value + 1;
        continue;
      }
      at = one.end = json::skip_leaf(text, one.value);
      waiting.push_back(one);
      continue;
    }
    ++at;
    auto [itself, members] = open.back();
    open.pop_back();
    auto const from = waiting.begin() + static_cast<std::ptrdiff_t>(members);
    itself.end = at;
    itself.first = nodes_.size();
    itself.count = waiting.size() - members;
    nodes_.insert(nodes_.end(), from, waiting.end());
    waiting.erase(from, waiting.end());
    if (open.empty()) {
      nodes_.front() = itself;
      break;
    }
    waiting.push_back(itself);
  }
  nodes_.shrink_to_fit();
}

std::string_view outline::name_of(std::string_view text, node const& which,
                                  std::string& space) const {
  auto const quoted = text.substr(which.name, which.value - which.name - 1);
  auto const bare = quoted.substr(1, quoted.size() - 2);
  if (bare.find('\\') == bare.npos) return bare;
  auto const read = json::parse(quoted);
  BOOST_ASSERT(read && read->is_string());
  space = read->get_string();
  return space;
}

std::optional<std::string_view> outline::find(std::string_view text,
                                              std::span<std::string const> path) const {
  auto const* at = &nodes_.front();
  std::string space;
  for (auto const& part : path) {
    auto const members = std::span(nodes_).subspan(at->first, at->count);
    auto const found = std::lower_bound(members.begin(), members.end(), std::string_view(part),
                                        [&](node const& one, std::string_view wanted) {
                                          return name_of(text, one, space) < wanted;
                                        });
    if (found == members.end() || name_of(text, *found, space) != part) return std::nullopt;
    at = &*found;
  }
  return text.substr(at->value, at->end - at->value);
}

std::optional<std::string_view> finder::find(std::span<std::string const> path) {
  if (outline_) return outline_->find(text_, path);
  if (std::exchange(asked_, true) && text_.size() > short_text) {
    outline_.emplace(text_);
    return outline_->find(text_, path);
  }
  return canonical::find(text_, path);
}

} // namespace cfgd::canonical
