#include "engine/overrides.hpp"

#include "engine/members.hpp"
#include "engine/merge.hpp"

#include <boost/assert.hpp>

#include <span>
#include <utility>

// The override layer is a document like that of any other layer, plus the keys by which it was set,
// with who set them: a file has lines, an override has writers. A key that was set covers the
// values below it until one of those is set itself. Keys whose value is gone are forgotten, so the
// table never outgrows the document.

namespace cfgd::engine {
namespace {

namespace json = boost::json;

/// Erases the keys at and below `which`.
void forget_keys(std::map<key, override_origin>& keys, key const& which) {
  auto const first = keys.lower_bound(which);
  auto last = first;
  while (last != keys.end() && which.contains(last->first))
    ++last;
  keys.erase(first, last);
}

/// Whether the layer sets or hides a key.
bool is_there(json::object const& document, key const& which) {
  if (which.path().empty()) return true;
  auto const answer = look_up(document, which.path());
  if (answer.what != layer_answer::kind::removal) return answer.value != nullptr;
  // A null is an override; a parent that is not an object is not an override of this key.
  if (which.path().size() == 1) return true;
  auto const parent = look_up(document, which.path().first(which.path().size() - 1));
  return parent.value != nullptr && parent.value->is_object();
}

bool has_value(json::object const& document, key const& which, json::value const& value) {
  if (which.path().empty()) return value == json::value(document);
  if (!is_there(document, which)) return false;
  auto const answer = look_up(document, which.path());
  return answer.value == nullptr ? value.is_null() : *answer.value == value;
}

} // namespace

override_editor::override_editor(override_record const* before)
    : record_(before == nullptr ? std::make_shared<override_record>()
                                : std::make_shared<override_record>(*before)) {}

void override_editor::unset(key const& which) {
  bool removed = false;
  if (which.path().empty()) {
    removed = !record_->document.empty() || !record_->keys.empty();
    record_->document.clear();
  } else {
    removed = erase_member(record_->document, which.path());
  }
  if (!removed) return;
  changed_ = true;
  forget_keys(record_->keys, which);
  if (record_->document.empty()) record_->keys.clear();
}

void override_editor::set(key const& which, json::value const& value, override_origin const& by) {
  // Otherwise a program that repeats its Set would become the setter each time, and a pending
  // change would lose the key to it.
  // A lasting override replaces a soft one.
  auto const* const setter = find_setter(which);
  bool const is_owned = setter != nullptr && (by.is_soft || !setter->is_soft);
  if (is_owned && has_value(record_->document, which, value)) return;
  changed_ = true;
  forget_keys(record_->keys, which);
  if (which.path().empty()) {
    BOOST_ASSERT(value.is_object());
    record_->document = value.get_object();
  } else {
    put_member(record_->document, which.path()) = value;
  }
  record_->keys.insert_or_assign(which, by);
  set_.push_back(which);
}

override_origin const* override_editor::find_setter(key const& which) const {
  auto const found = record_->keys.find(which);
  return found == record_->keys.end() ? nullptr : &found->second;
}

void override_editor::disown(key const& which) {
  if (record_->keys.erase(which) > 0) changed_ = true;
}

void override_editor::set_revision(revision_number revision) {
  for (auto const& which : set_) {
    auto const found = record_->keys.find(which);
    if (found != record_->keys.end()) found->second.from.revision = revision;
  }
}

void override_editor::forget_missing_keys() {
  std::erase_if(record_->keys,
                [this](auto const& entry) { return !is_there(record_->document, entry.first); });
}

std::shared_ptr<override_record const> override_editor::finish() {
  forget_missing_keys();
  if (record_->document.empty() && record_->keys.empty()) return nullptr;
  return record_;
}

override_origin const* find_origin(override_record const& overrides, key const& which) {
  override_origin const* newest = nullptr;
  auto const consider = [&newest](override_origin const& by) {
    if (newest == nullptr || by.from.revision >= newest->from.revision) newest = &by;
  };
  auto at = which.parts();
  for (; !at.empty() && newest == nullptr; at.pop_back()) {
    auto const found = overrides.keys.find(key(at));
    if (found != overrides.keys.end()) consider(found->second);
  }
  for (auto below = overrides.keys.upper_bound(which);
       below != overrides.keys.end() && which.contains(below->first); ++below)
    consider(below->second);
  return newest;
}

json::value set_value(override_record const& overrides, key const& which) {
  if (which.path().empty()) return overrides.document;
  auto const answer = look_up(overrides.document, which.path());
  return answer.value == nullptr ? json::value() : *answer.value;
}

bool is_equal_in(override_record const& one, override_record const& other, key const& which) {
  if (which.path().empty()) return one.document == other.document;
  auto const* const left = look_up(one.document, which.path()).value;
  auto const* const right = look_up(other.document, which.path()).value;
  return left == nullptr || right == nullptr ? left == right : *left == *right;
}

std::shared_ptr<override_record const>
make_overrides(std::vector<std::pair<key, override_entry>> const& all) {
  if (all.empty()) return nullptr;
  auto made = std::make_shared<override_record>();
  for (auto const& [which, entry] : all) {
    if (which.path().empty())
      made->document = entry.value.as_object();
    else
      put_member(made->document, which.path()) = entry.value;
    made->keys.insert_or_assign(which, entry.by);
  }
  return made;
}

} // namespace cfgd::engine
