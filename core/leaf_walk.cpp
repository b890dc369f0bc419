#include "core/leaf_walk.hpp"

#include "core/json.hpp"
#include "core/json_scan.hpp"
#include "core/key.hpp"

#include <utility>

// The position in the text and the lengths of the names of the objects around it are all that a
// walk has to remember. Nothing is looked at in advance: a member's value is read when the walk
// comes to it, so that a step takes as long as one leaf, however large the object is.

namespace cfgd::canonical {
namespace {

void append_name(std::string& out, std::string_view quoted) {
  auto const bare = quoted.substr(1, quoted.size() - 2);
  if (bare.find('\\') == bare.npos) return append_key_part(out, bare);
  std::string name;
  json::append_unquoted(name, quoted);
  append_key_part(out, name);
}

bool is_open_object(std::string_view rest) {
  return rest.starts_with('{') && !rest.starts_with("{}");
}

} // namespace

leaf_walk::leaf_walk(std::string at, std::string_view text) : text_(text), name_(std::move(at)) {
  if (!is_open_object(text)) {
    value_ = text;
    at_ = text.size();
    // A namespace that is an empty object has no leaf.
    has_leaf_ = !text.empty() && (text != "{}" || name_ != namespace_of(name_));
    return;
  }
  open_.push_back(name_.size());
  at_ = 1;
  advance();
}

void leaf_walk::advance() {
  while (!open_.empty() && at_ < text_.size()) {
    name_.resize(open_.back());
    if (text_[at_] == '}') {
      open_.pop_back();
      ++at_;
      continue;
    }
    if (text_[at_] == ',') ++at_;
    auto const name_end = json::skip_string(text_, at_);
    if (name_end + 1 >= text_.size()) break;
    append_name(name_, text_.substr(at_, name_end - at_));
    at_ = name_end + 1;
    if (is_open_object(text_.substr(at_))) {
      open_.push_back(name_.size());
      ++at_;
      continue;
    }
    auto const end = json::skip_leaf(text_, at_);
    value_ = text_.substr(at_, end - at_);
    at_ = end;
    return;
  }
  has_leaf_ = false;
}

} // namespace cfgd::canonical
