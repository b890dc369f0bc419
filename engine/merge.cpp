#include "engine/merge.hpp"

#include <boost/assert.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

// MergePatch(Target, Patch) of RFC 7396, section 2. An object that is new to the target is merged
// into an empty one instead of copied, which drops its nulls. Arrays are copied as they are (those
// whose elements have names are objects here, schema::keyed). All copies use the storage of the
// target.
//
// The recursion is as deep as the patch; the readers limit that depth.

namespace cfgd::engine {

void merge_patch(boost::json::object& target, boost::json::object const& patch, removal how) {
  for (auto const& member : patch) {
    if (member.value().is_null()) {
      how == removal::stable ? target.stable_erase(member.key()) : target.erase(member.key());
    } else if (auto* const there = target.if_contains(member.key()); there != nullptr) {
      merge_patch(*there, member.value(), how);
    } else if (auto const* const below = member.value().if_object(); below != nullptr) {
      auto& added = target[member.key()].emplace_object();
      added.reserve(below->size());
      merge_patch(added, *below, how);
    } else {
      target.emplace(member.key(), member.value());
    }
  }
}

void merge_patch(boost::json::value& target, boost::json::value const& patch, removal how) {
  auto const* const members = patch.if_object();
  if (members == nullptr) {
    target = patch;
    return;
  }
  if (!target.is_object()) target.emplace_object();
  merge_patch(target.get_object(), *members, how);
}

layer_answer look_up(boost::json::object const& layer, std::span<std::string const> path) {
  using kind = layer_answer::kind;
  BOOST_ASSERT(!path.empty());
  auto const* object = &layer;
  boost::json::value const* found = nullptr;
  for (auto const& part : path) {
    if (object == nullptr) return {.what = kind::removal};
    found = object->if_contains(part);
    if (found == nullptr) return {.what = kind::nothing};
    object = found->if_object();
  }
  if (found->is_null()) return {.what = kind::removal};
  return {.what = kind::value, .value = found};
}

} // namespace cfgd::engine
