#include "daemon/state_stream.hpp"

#include "core/document.hpp"
#include "core/json.hpp"

#include <algorithm>

namespace cfgd {

bool is_below(std::string_view text, std::vector<std::string> const& prefixes) {
  // Parts are written in one way only, so that a prefix of the text that ends at a dot or at the
  // end is a prefix of the key.
  auto const covers = [&](std::string const& prefix) {
    return text.starts_with(prefix) && (text.size() == prefix.size() || text[prefix.size()] == '.');
  };
  return prefixes.empty() || std::any_of(prefixes.begin(), prefixes.end(), covers);
}

state_stream::state_stream(view::texts texts, std::vector<std::string> prefixes,
                           std::size_t piece_bytes, finder find)
    : texts_(std::move(texts)), prefixes_(std::move(prefixes)), piece_bytes_(piece_bytes),
      find_(std::move(find)) {}

std::optional<std::string> state_stream::next() {
  if (at_end()) return std::nullopt;
  std::string piece = std::move(pieces_.front());
  pieces_.pop_front();
  return piece;
}

bool state_stream::at_end() {
  // A piece grows over the end of a namespace: many small ones make few replies.
  auto const wants_more = [this] {
    return pieces_.empty() || (pieces_.size() == 1 && pieces_.front().size() < piece_bytes_);
  };
  while (wants_more() && !texts_.empty())
    cut_next_namespace();
  return pieces_.empty();
}

std::optional<state_stream::subtree> state_stream::subtree_of(std::string const& name_space,
                                                              std::string_view text) const {
  if (prefixes_.size() != 1) return subtree{key({name_space}), text};
  auto only = key::parse(prefixes_.front());
  if (!only || only->name_space() != name_space) return subtree{key({name_space}), text};
  auto const found = find_ ? find_(text, *only) : canonical::find(text, only->path());
  if (!found) return std::nullopt;
  return subtree{*std::move(only), *found};
}

void state_stream::cut_next_namespace() {
  auto const taken = texts_.extract(texts_.begin());
  auto const from = subtree_of(taken.key(), *taken.mapped());
  if (!from) return;
  canonical::for_each_leaf(from->at, from->text, [&](key const& leaf, std::string_view value) {
    std::string const name = leaf.str();
    if (!is_below(name, prefixes_)) return true;
    if (pieces_.empty() || pieces_.back().size() >= piece_bytes_) pieces_.emplace_back();
    std::string& piece = pieces_.back();
    if (!piece.empty()) piece += ',';
    json::append_string(piece, name);
    piece += ':';
    piece += value;
    return true;
  });
}

} // namespace cfgd
