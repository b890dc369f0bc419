#include "engine/overrides.hpp"

#include <boost/assert.hpp>

#include <utility>

// Requests edit a copy, and only a layer that differs reaches the candidate.

namespace cfgd::engine {

namespace json = boost::json;

override_editor::override_editor(override_record const* before)
    : record_(before == nullptr ? std::make_shared<override_record>()
                                : std::make_shared<override_record>(*before)) {}

void override_editor::unset(key const& which) {
  if (record_->unset(which.path())) changed_ = true;
}

void override_editor::set(key const& which, json::value const& value, override_origin const& by,
                          setters how) {
  BOOST_ASSERT(!which.path().empty() || value.is_object());
  // Otherwise a program that repeats its Set would become the setter each time, and a pending
  // change would lose the key to it.
  // A lasting override replaces a soft one.
  auto const* const setter = find_setter(which);
  bool const is_owned = setter != nullptr && (by.is_soft || !setter->is_soft);
  if (is_owned && how == setters::stay &&
      record_->value_at(which.path()).value_or(json::value()) == value)
    return;
  changed_ = true;
  record_->set(which, {by, value});
  set_.push_back(which);
}

override_origin const* override_editor::find_setter(key const& which) const {
  auto const* const found = record_->keys().find(which);
  return found == nullptr ? nullptr : &found->second.by;
}

void override_editor::set_revision(revision_number revision) {
  for (auto const& which : set_) {
    auto const* const found = find_setter(which);
    if (found == nullptr || found->from.revision == revision) continue;
    auto by = *found;
    by.from.revision = revision;
    record_->set_origin(which, std::move(by));
  }
}

std::shared_ptr<override_record const> override_editor::finish() {
  return record_->keys().empty() ? nullptr : record_;
}

} // namespace cfgd::engine
