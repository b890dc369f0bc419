#include "daemon/state_stream.hpp"

#include "core/document.hpp"
#include "core/json.hpp"

#include <algorithm>
#include <utility>

// The texts do not change, so a stream goes on in the middle of a value whenever its reader has
// read what was sent. Nothing is made before it is asked for.

namespace cfgd {
namespace {

/// The subtrees that prefixes name, in key order, without those that lie in another one.
std::vector<key> roots_of(view::texts const& texts, std::vector<std::string> const& prefixes) {
  std::vector<key> named;
  for (auto const& prefix : prefixes)
    if (auto which = key::parse(prefix); which && texts.contains(which->name_space()))
      named.push_back(*std::move(which));
  if (prefixes.empty())
    for (auto const& [name, text] : texts)
      named.emplace_back(std::vector<std::string>{name});
  // What lies in a subtree comes right behind its root.
  std::ranges::sort(named, {}, &key::parts);
  std::vector<key> roots;
  for (auto& one : named)
    if (roots.empty() || !roots.back().contains(one)) roots.push_back(std::move(one));
  return roots;
}

} // namespace

bool is_below(std::string_view text, std::vector<std::string> const& prefixes) {
  // Parts are written in one way only, so that a prefix of the text that ends at a dot or at the
  // end is a prefix of the key.
  auto const covers = [&](std::string const& prefix) {
    return text.starts_with(prefix) && (text.size() == prefix.size() || text[prefix.size()] == '.');
  };
  return prefixes.empty() || std::any_of(prefixes.begin(), prefixes.end(), covers);
}

state_stream::state_stream(view::texts texts, std::vector<std::string> const& prefixes, finder find)
    : texts_(std::move(texts)), roots_(roots_of(texts_, prefixes)), find_(std::move(find)) {
  std::ranges::reverse(roots_);
}

bool state_stream::at_end() {
  while ((!walk_ || !walk_->has_leaf()) && !roots_.empty())
    open_next();
  return !walk_ || !walk_->has_leaf();
}

void state_stream::open_next() {
  auto const which = std::move(roots_.back());
  roots_.pop_back();
  auto const held = texts_.find(which.name_space());
  std::string_view const text = *held->second;
  auto const found = find_ ? find_(text, which) : canonical::find(text, which.path());
  walk_.reset();
  if (found) walk_.emplace(which.str(), *found);
  // The text of a namespace before this one is not needed any more.
  texts_.erase(texts_.begin(), held);
}

void state_stream::append(std::string& out) {
  json::append_string(out, walk_->name());
  out.append(1, ':').append(walk_->value());
  walk_->advance();
}

} // namespace cfgd
