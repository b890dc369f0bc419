#include "engine/text_places.hpp"

#include "core/json.hpp"
#include "core/json_scan.hpp"

#include <algorithm>
#include <utility>

// A walk that is at a leaf is all that is needed to go on from there, so some walks are kept, and a
// search goes on from the one before the leaf. Nodes are members and elements, in the order of the
// text.

namespace cfgd::engine {
namespace {

/// Bytes of text between two positions that are known.
constexpr std::size_t step_bytes = 1024;

/// Appends a number in 7 bits a byte, the low ones first; the others have the high bit.
void append_number(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7)
    out.push_back(static_cast<char>(number | 0x80));
  out.push_back(static_cast<char>(number));
}

std::uint64_t take_number(std::string_view& from) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; !from.empty(); shift += 7) {
    auto const byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    number |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) break;
  }
  return number;
}

/// The number of nodes in a leaf.
std::size_t nodes_in(std::string_view value) {
  if (!value.starts_with('[')) return 0;
  std::size_t count = 0;
  std::vector<bool> in_list; // of each bracket that is open
  for (std::size_t at = 0; at < value.size();) {
    char const c = value[at];
    if (c == '"') {
      at = json::skip_string(value, at);
      continue;
    }
    ++at;
    if (c == '[' || c == '{') {
      in_list.push_back(c == '[');
      if (c == '[' && value[at] != ']') ++count;
    } else if (c == ']' || c == '}') {
      in_list.pop_back();
    } else if (c == ':' || (c == ',' && in_list.back())) {
      ++count;
    }
  }
  return count;
}

} // namespace

std::string pack_places(std::vector<place> const& all) {
  std::string packed;
  packed.reserve(all.size() * 2);
  std::int64_t line = 0;
  for (auto const& one : all) {
    auto const step = std::int64_t{one.line} - std::exchange(line, std::int64_t{one.line});
    append_number(packed, step < 0 ? static_cast<std::uint64_t>(-step) * 2 - 1
                                   : static_cast<std::uint64_t>(step) * 2);
    append_number(packed, one.column);
  }
  packed.shrink_to_fit();
  return packed;
}

place place_reader::next() {
  if (left_.empty()) return {};
  auto const step = take_number(left_);
  line_ += step % 2 == 0 ? static_cast<std::int64_t>(step / 2)
                         : -static_cast<std::int64_t>(step / 2) - 1;
  auto const column = take_number(left_);
  return {.line = static_cast<std::uint32_t>(line_), .column = static_cast<std::uint32_t>(column)};
}

/// To the next leaf; false: there is none.
bool text_places::walk::next(std::string_view text) {
  while (!open.empty() && at < text.size()) {
    if (text[at] == '}') {
      open.pop_back();
      ++at;
      continue;
    }
    if (text[at] == ',') ++at;
    auto const end = json::skip_string(text, at);
    path.resize(open.back());
    if (open.size() > 1) path += '\0';
    json::append_unquoted(path, text.substr(at, end - at));
    where = places.next();
    at = end + 1;
    if (text[at] == '{' && text[at + 1] != '}') {
      open.push_back(path.size());
      ++at;
      continue;
    }
    auto const behind = json::skip_leaf(text, at);
    for (auto inside = nodes_in(text.substr(at, behind - at)); inside > 0; --inside)
      places.next();
    at = behind;
    return true;
  }
  return false;
}

text_places::text_places(std::string_view text, std::string_view packed) {
  walk all{.path = {}, .open = {0}, .places = place_reader(packed)};
  std::size_t next = 0;
  while (all.next(text)) {
    if (all.at < next) continue;
    known_.push_back(all);
    next = all.at + step_bytes;
  }
}

std::optional<place> text_places::find(std::string_view text,
                                       std::span<std::string const> path) const {
  std::string wanted;
  for (auto const& part : path) {
    if (&part != path.data()) wanted += '\0';
    wanted += part;
  }
  auto const behind = std::ranges::upper_bound(known_, wanted, {}, &walk::path);
  if (behind == known_.begin()) return std::nullopt;
  auto at = *std::prev(behind);
  while (at.path < wanted && at.next(text)) {
  }
  return at.path == wanted ? std::optional(at.where) : std::nullopt;
}

} // namespace cfgd::engine
