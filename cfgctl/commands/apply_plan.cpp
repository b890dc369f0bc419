/// From a document to a transaction.
///
/// A value that is effective already is not set again, whatever layer it comes from: an override
/// equal to the value of a file would hide later changes of the file.
///
/// Pruning reads the override layer. An override that hides a key (a null) stays: neither the
/// document nor the effective values have the key. Where the document has another value at an
/// override's key or above it, setting that value replaces the override.

#include "cfgctl/commands/apply_plan.hpp"

#include "cfgctl/commands/layers.hpp"
#include "core/key.hpp"

#include <boost/json/value.hpp>

#include <string_view>

namespace cfgd::cfgctl {
namespace {

namespace bj = boost::json;

std::string child_key(std::string const& of, std::string_view part) {
  std::string out = of;
  append_key_part(out, part);
  return out;
}

bj::object const* object_of(bj::value const* value) {
  return value != nullptr ? value->if_object() : nullptr;
}

void compare(apply_plan& plan, std::string const& at, bj::value const& wanted,
             bj::value const* effective) {
  bj::object const* const inner = wanted.if_object();
  bj::object const* const there = object_of(effective);
  // A member of an array or a scalar cannot be set, so the whole value is.
  bool const can_descend = there != nullptr || effective == nullptr;
  if (inner != nullptr && can_descend && (there != nullptr || !inner->empty())) {
    for (auto const& member : *inner) {
      bj::value const* const below = there != nullptr ? there->if_contains(member.key()) : nullptr;
      compare(plan, child_key(at, member.key()), member.value(), below);
    }
    return;
  }
  if (effective != nullptr && *effective == wanted) return;
  if (effective != nullptr) plan.before[at] = *effective;
  plan.after[at] = wanted;
  plan.set[at] = wanted;
}

/// The place of a value: its key, and the parts of the key below the namespace.
struct spot {
  std::string key;
  std::vector<std::string> path;
};

bj::value const* value_at(bj::object const& document, std::vector<std::string> const& path) {
  bj::object const* inner = &document;
  bj::value const* found = nullptr;
  for (std::string const& part : path) {
    if (inner == nullptr) return nullptr;
    found = inner->if_contains(part);
    inner = object_of(found);
  }
  return found;
}

/// The value at a place without overrides.
bj::value const* below_override(std::vector<client::candidate> const& candidates,
                                std::vector<std::string> const& path) {
  for (client::candidate const& one : candidates) {
    if (one.from.layer == "override" || !one.value || !one.value->is_object()) continue;
    bj::value const* const found = value_at(one.value->get_object(), path);
    if (found != nullptr) return found->is_null() ? nullptr : found;
  }
  return nullptr;
}

void prune(apply_plan& plan, spot const& at, bj::value const& override_value,
           bj::value const* wanted, std::vector<client::candidate> const& layers) {
  if (override_value.is_null()) return;
  if (wanted != nullptr && !wanted->is_object()) return;
  auto const* const inner = override_value.if_object();
  if (inner == nullptr || inner->empty()) {
    if (wanted != nullptr) return;
    plan.unset.push_back(at.key);
    auto const* const shows = below_override(layers, at.path);
    if (shows != nullptr && *shows == override_value) return;
    plan.before[at.key] = override_value;
    if (shows != nullptr) plan.after[at.key] = *shows;
    return;
  }
  auto const* const has = object_of(wanted);
  for (auto const& member : *inner) {
    spot below{.key = child_key(at.key, member.key()), .path = at.path};
    below.path.emplace_back(member.key());
    prune(plan, below, member.value(), has != nullptr ? has->if_contains(member.key()) : nullptr,
          layers);
  }
}

} // namespace

apply_plan plan_changes(bj::object const& wanted, bj::object const& effective) {
  apply_plan out;
  for (auto const& member : wanted) {
    compare(out, std::string(member.key()), member.value(), effective.if_contains(member.key()));
  }
  return out;
}

void plan_prune(apply_plan& plan, std::string const& name_space, bj::object const& wanted,
                std::vector<client::candidate> const& layers) {
  bj::object const overrides = layer_document(layers, "override");
  for (auto const& member : overrides) {
    spot const at{.key = child_key(name_space, member.key()), .path = {std::string(member.key())}};
    prune(plan, at, member.value(), wanted.if_contains(member.key()), layers);
  }
}

} // namespace cfgd::cfgctl
