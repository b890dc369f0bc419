#include "core/document.hpp"

#include "core/json.hpp"
#include "core/json_scan.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

// A canonical text is JSON that json::append_canonical() wrote: no blanks, members ordered by the
// bytes of their names. So a value is found by skipping the values before it, without a parser, and
// its bytes can be sent as they are. The scanner trusts the text, but never reads beyond its end.

namespace cfgd {
namespace {

/// Number of nodes below a value: members and elements.
std::size_t nodes_below(boost::json::value const& what) {
  std::size_t count = 0;
  if (auto const* const list = what.if_array()) {
    for (auto const& element : *list)
      count += 1 + nodes_below(element);
  } else if (auto const* const object = what.if_object()) {
    for (auto const& member : *object)
      count += 1 + nodes_below(member.value());
  }
  return count;
}

/// The position after the value that begins at `at`.
std::size_t behind_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    char const c = text[at];
    if (c == '"') {
      at = json::skip_string(text, at);
    } else if (c == '{' || c == '[') {
      ++depth;
      ++at;
      continue;
    } else if (c == '}' || c == ']') {
      --depth;
      ++at;
    } else if (depth == 0) {
      auto const end = text.find_first_of(",]}", at);
      return end == text.npos ? text.size() : end;
    } else {
      ++at;
      continue;
    }
    if (depth == 0) return at;
  }
  return at;
}

std::string unescape(std::string_view quoted) {
  std::string text;
  json::append_unquoted(text, quoted);
  return text;
}

/// Walks the members of a canonical object: the name in its quotes, and the value.
class member_walk {
 public:
  explicit member_walk(std::string_view object) : text_(object), at_(1) {
    if (object.size() < 2 || object.front() != '{') at_ = object.size();
  }

  bool next() {
    if (at_ >= text_.size() || text_[at_] == '}') return false;
    if (text_[at_] == ',') ++at_;
    std::size_t const name_end = json::skip_string(text_, at_);
    name_ = text_.substr(at_, name_end - at_);
    std::size_t const value_end = behind_value(text_, name_end + 1);
    value_ = text_.substr(name_end + 1, value_end - name_end - 1);
    at_ = value_end;
    return true;
  }

  std::string_view quoted_name() const { return name_; }
  std::string_view value() const { return value_; }

 private:
  std::string_view text_;
  std::size_t at_;
  std::string_view name_;
  std::string_view value_;
};

bool visit_leaves(key const& at, std::string_view text,
                  std::function<bool(key const&, std::string_view)> const& visit) {
  if (!text.starts_with('{') || text == "{}") return visit(at, text);
  for (member_walk walk(text); walk.next();)
    if (!visit_leaves(at.child(unescape(walk.quoted_name())), walk.value(), visit)) return false;
  return true;
}

/// Parses a token of a pointer as an index (RFC 6901, section 4: no leading zeros).
std::optional<std::size_t> list_index(std::string_view token) {
  if (token.size() > 1 && token.front() == '0') return std::nullopt;
  std::size_t index = 0;
  auto const [end, code] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (code != std::errc() || end != token.data() + token.size()) return std::nullopt;
  return index;
}

enum class lists : std::uint8_t { opaque, entered };

/// Finds the child that a token names. Returns the number of nodes before it, and the child; null:
/// it does not exist.
std::pair<std::size_t, boost::json::value const*> find_child(boost::json::value const& in,
                                                             std::string_view token) {
  std::size_t before = 0;
  if (auto const* const object = in.if_object()) {
    for (auto const& member : *object) {
      if (member.key() == token) return {before, &member.value()};
      before += 1 + nodes_below(member.value());
    }
  } else if (auto const* const list = in.if_array()) {
    auto const index = list_index(token);
    if (!index || *index >= list->size()) return {0, nullptr};
    for (std::size_t at = 0; at < *index; ++at)
      before += 1 + nodes_below((*list)[at]);
    return {before, &(*list)[*index]};
  }
  return {0, nullptr};
}

std::pair<std::size_t, boost::json::value const*> find_child(boost::json::object const& in,
                                                             std::string_view token) {
  std::size_t before = 0;
  for (auto const& member : in) {
    if (member.key() == token) return {before, &member.value()};
    before += 1 + nodes_below(member.value());
  }
  return {0, nullptr};
}

place locate(sourced_document const& document, std::span<std::string const> path, lists how) {
  place found;
  if (document.places.empty() || path.empty()) return found;
  auto [node, at] = find_child(document.root, path.front());
  for (std::size_t part = 1; at != nullptr && node < document.places.size(); ++part) {
    found = document.places[node];
    if (part == path.size() || (how == lists::opaque && !at->is_object())) break;
    auto const [before, below] = find_child(*at, path[part]);
    node += 1 + before;
    at = below;
  }
  return found;
}

} // namespace

place find_place(sourced_document const& document, std::span<std::string const> path) {
  return locate(document, path, lists::opaque);
}

place find_place(sourced_document const& document, std::string_view pointer) {
  return locate(document, split_pointer(pointer), lists::entered);
}

boost::json::value const* find_pointer(boost::json::value const& in, std::string_view pointer) {
  if (!pointer.empty() && pointer.front() != '/') return nullptr;
  auto const* at = &in;
  for (auto const& token : split_pointer(pointer)) {
    if (auto const* const object = at->if_object()) {
      at = object->if_contains(token);
    } else if (auto const* const list = at->if_array()) {
      auto const index = list_index(token);
      at = index ? list->if_contains(*index) : nullptr;
    } else {
      at = nullptr;
    }
    if (at == nullptr) return nullptr;
  }
  return at;
}

boost::json::value const* find_pointer(boost::json::object const& in, std::string_view pointer) {
  if (!pointer.starts_with('/')) return nullptr;
  auto const end = std::min(pointer.find('/', 1), pointer.size());
  auto const first = split_pointer(pointer.substr(0, end));
  auto const* const found = in.if_contains(first.front());
  return found == nullptr ? nullptr : find_pointer(*found, pointer.substr(end));
}

void append_pointer(std::string& pointer, std::string_view token) {
  pointer += '/';
  for (char const c : token) {
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  }
}

std::string pointer_to(std::span<std::string const> path) {
  std::string pointer;
  for (auto const& part : path)
    append_pointer(pointer, part);
  return pointer;
}

std::vector<std::string> split_pointer(std::string_view pointer) {
  std::vector<std::string> tokens;
  for (std::size_t at = 0; at < pointer.size(); ++at) {
    char const c = pointer[at];
    if (c == '/' || tokens.empty()) {
      tokens.emplace_back();
      if (c == '/') continue;
    }
    bool const escaped = c == '~' && at + 1 < pointer.size();
    if (escaped) ++at;
    tokens.back() += escaped ? (pointer[at] == '1' ? '/' : '~') : c;
  }
  return tokens;
}

namespace canonical {

followed follow(std::string_view text, std::span<std::string const> path) {
  std::string wanted;
  for (std::size_t depth = 1;; ++depth) {
    wanted.clear();
    json::append_string(wanted, path[depth - 1]);
    member_walk walk(text);
    bool found = false;
    while (!found && walk.next())
      found = walk.quoted_name() == wanted;
    if (!found) return {.depth = depth};
    text = walk.value();
    if (depth == path.size() || !text.starts_with('{') || text == "{}")
      return {.depth = depth, .value = text};
  }
}

std::optional<std::string_view> find(std::string_view text, std::span<std::string const> path) {
  if (path.empty()) return text;
  auto const found = follow(text, path);
  if (found.depth < path.size() || found.value.empty()) return std::nullopt;
  return found.value;
}

std::vector<member> members(std::string_view text) {
  std::vector<member> all;
  for (member_walk walk(text); walk.next();)
    all.push_back({.name = unescape(walk.quoted_name()), .value = walk.value()});
  return all;
}

std::vector<std::string_view> elements(std::string_view text) {
  std::vector<std::string_view> all;
  if (!text.starts_with('[')) return all;
  for (std::size_t at = 1; at < text.size() && text[at] != ']';) {
    if (text[at] == ',') ++at;
    auto const end = behind_value(text, at);
    all.push_back(text.substr(at, end - at));
    at = end;
  }
  return all;
}

void for_each_leaf(key const& at, std::string_view text,
                   std::function<bool(key const&, std::string_view)> const& visit) {
  if (at.parts().size() == 1 && text == "{}") return;
  visit_leaves(at, text, visit);
}

} // namespace canonical
} // namespace cfgd
